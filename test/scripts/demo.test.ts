import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { folderOf, startDemo } from '../helpers/demo.ts'
import { processesWith } from '../helpers/processes.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const SIGNALS = { skip: process.platform === 'win32' && 'a process cannot be asked to end' }

t.test('the check ends well when the result came, and leaves nothing behind', async (t) => {
  const demo = startDemo(t, '--check', '--no-claude')
  t.same(await demo.ended, { code: 0, signal: null })
  t.match(demo.output(), /agent +connected/)
  t.match(demo.output(), /got the result: exit code 0/)
  const folder = folderOf(demo.output())
  t.notOk(existsSync(folder), folder)
  t.same(await processesWith(folder), [])
})

t.test('server and agent stay up, the printed commands work, and an interrupt ends both', SIGNALS, async (t) => {
  const demo = startDemo(t, '--no-claude')
  await waitUntil('the last line', () => demo.output().includes('HTTP API:'))
  const printed = /npm run -s server -- (--connection .* agents)/.exec(demo.output())?.[1]?.split(' ') ?? []
  const cli = path.join(import.meta.dirname, '../../examples/server/cli.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=gururmm-source', cli, ...printed])
  t.match(stdout, /^demo-agent .* online /m)
  demo.kill('SIGINT')
  t.same(await demo.ended, { code: 0, signal: null })
  t.notOk(existsSync(folderOf(demo.output())))
  t.same(await processesWith(folderOf(demo.output())), [])
})

t.test('a check that is interrupted is no success, and leaves nothing behind either', SIGNALS, async (t) => {
  const demo = startDemo(t, '--check', '--no-claude')
  await waitUntil('the command to run', () => demo.output().includes('step 1 of 3'))
  demo.kill('SIGTERM')
  t.same(await demo.ended, { code: 1, signal: null })
  t.notOk(existsSync(folderOf(demo.output())))
  t.same(await processesWith(folderOf(demo.output())), [])
})
