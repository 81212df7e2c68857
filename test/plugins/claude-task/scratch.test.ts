import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { makeScratch, sweepScratch } from '../../../plugins/claude-task/scratch.ts'

const unix = { skip: process.platform === 'win32' ? 'paths of POSIX' : false }

t.test('each run gets folders of its own, which go with it', async (t) => {
  const dataDir = t.testdir()
  const [one, two] = [await makeScratch(dataDir), await makeScratch(dataDir)]
  await one.writeSettings({ a: 1 })
  t.not(one.home, two.home)
  t.same(JSON.parse(readFileSync(one.settingsFile, 'utf8')), { a: 1 })
  for (const folder of [one.home, one.config, one.temp]) t.same(readdirSync(folder), [])
  if (process.platform !== 'win32') t.equal(statSync(dirname(one.home)).mode & 0o777, 0o700)
  await one.remove()
  t.notOk(existsSync(dirname(one.home)))
  t.ok(existsSync(two.home))
  await one.remove()
  await two.remove()
  t.same(readdirSync(join(dataDir, 'tasks')), [])
})

t.test('a sweep takes what dead processes left and leaves what living ones use', async (t) => {
  const dataDir = t.testdir()
  const mine = await makeScratch(dataDir)
  const dead = spawnSync(process.execPath, ['-e', '0']).pid
  const folders = {
    dead: `${dead}-11111111-abc`,
    sameIdEarlier: `${process.pid}-11111111-abc`,
    parent: `${process.ppid}-11111111-abc`,
    parentOld: `${process.ppid}-22222222-abc`,
    odd: 'odd',
  }
  for (const name of Object.values(folders)) mkdirSync(join(dataDir, 'tasks', name, 'home'), { recursive: true })
  utimesSync(join(dataDir, 'tasks', folders.parentOld), 1, 1)
  await sweepScratch(dataDir)
  t.same(readdirSync(join(dataDir, 'tasks')).sort(), [folders.parent, mine.home.split('/').at(-2)].sort())
})

t.test('a first start has nothing to sweep', async (t) => {
  await t.resolves(sweepScratch(join(t.testdir(), 'none')))
})

t.test('where paths must be short the folders lie in /tmp, and go just as well', unix, async (t) => {
  const dataDir = t.testdir()
  const scratch = await makeScratch(dataDir, { short: true })
  const root = dirname(scratch.home)
  t.ok(scratch.temp.length < 60, scratch.temp)
  t.equal(statSync(root).mode & 0o777, 0o700)
  const left = '/tmp/gururmm-claude-4194304-22222222-abc'
  mkdirSync(left)
  await sweepScratch(dataDir)
  t.notOk(existsSync(left))
  t.ok(existsSync(root))
  await scratch.remove()
  t.notOk(existsSync(root))
})
