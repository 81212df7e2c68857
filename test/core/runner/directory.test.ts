import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { entranceOf, openDirectory, openResolved } from '../../../core/runner/directory.ts'
import { program, testCommand, testRunner } from './support.ts'

const linux = process.platform === 'linux'

/** A base with folders in and beside it, and links that lead about. */
async function tree(root: string): Promise<string> {
  await mkdir(join(root, 'base/inner/deep'), { recursive: true })
  await mkdir(join(root, 'base-evil'))
  await mkdir(join(root, 'outside'))
  await writeFile(join(root, 'base/file'), '')
  await symlink('inner', join(root, 'base/link-inside'))
  await symlink('../outside', join(root, 'base/link-outside'))
  await symlink('base', join(root, 'link-to-base'))
  await symlink('nowhere', join(root, 'base/dangling'))
  await symlink('loop', join(root, 'base/loop'))
  return root
}

for (const [name, open] of [
  ['openDirectory', openDirectory],
  ['openResolved', openResolved],
] as const) {
  t.test(
    `${name}: directories inside the base are opened, by their canonical path, through links on either side`,
    async (t) => {
      const root = await tree(t.testdir())
      const base = join(root, 'base')
      for (const [path, within, canonical] of [
        [base, [base], 'base'],
        [join(base, 'inner/deep/..'), [base], 'base/inner'],
        [join(base, 'link-inside'), [base], 'base/inner'],
        [join(root, 'link-to-base/inner'), [base], 'base/inner'],
        [join(base, 'inner'), [join(root, 'link-to-base')], 'base/inner'],
        [join(base, 'link-outside'), [base, join(root, 'outside')], 'outside'],
        [join(base, 'inner'), [join(root, 'missing'), base], 'base/inner'],
      ] as const) {
        const directory = await open(path, within)
        t.equal(directory.path, join(root, canonical))
        await directory.close()
      }
    },
  )

  t.test(`${name}: directories that are elsewhere, links resolved, are refused`, async (t) => {
    const root = await tree(t.testdir())
    const base = join(root, 'base')
    for (const path of [
      `${base}/..`,
      `${base}/../outside`,
      `${base}-evil`,
      `${base}/link-outside`,
      `${base}/link-outside/..`,
      '/',
    ]) {
      await t.rejects(open(path, [base]), { code: 'DIRECTORY_OUTSIDE', refused: true }, path)
    }
    await t.rejects(open(base, []), { code: 'DIRECTORY_OUTSIDE' }, 'no base at all')
    await t.rejects(open(base, [join(root, 'missing')]), { code: 'DIRECTORY_OUTSIDE' })
  })

  t.test(`${name}: what is no directory is missing`, async (t) => {
    const base = join(await tree(t.testdir()), 'base')
    for (const path of ['missing', 'file', 'file/x', 'dangling', 'loop']) {
      await t.rejects(open(join(base, path), [base]), { code: 'DIRECTORY_MISSING', refused: true }, path)
    }
  })
}

t.test('a path that no directory has is refused before the file system is touched', async (t) => {
  for (const path of ['', 'relative', '/a\0b'])
    await t.rejects(openDirectory(path, ['/']), { code: 'PATH_INVALID', refused: true })
})

t.test('a program starts in an open directory, and in none that was closed', async (t) => {
  const root = await tree(t.testdir())
  const command = testCommand(testRunner(t))
  const directory = await command.openDirectory(join(root, 'base/inner'), [root])
  t.hasStrict(await command.run('/bin/pwd', [], { cwd: directory }).ended, { stdout: `${join(root, 'base/inner')}\n` })
  await directory.close()
  await directory.close()
  await t.rejects(command.run('/bin/pwd', [], { cwd: directory }).ended, { code: 'DIRECTORY_MISSING' })
  await t.rejects(command.run('/bin/pwd', [], { cwd: { path: '/', close: async () => {} } }).ended, {
    code: 'DIRECTORY_MISSING',
  })
})

t.test('the end of a command closes its directories', async (t) => {
  const command = testCommand(testRunner(t))
  const directory = await command.openDirectory('/', ['/'])
  await command.end()
  t.throws(() => entranceOf(directory), { code: 'DIRECTORY_MISSING' })
  const late = await command.openDirectory('/', ['/'])
  t.throws(() => entranceOf(late), { code: 'DIRECTORY_MISSING' })
})

if (linux) {
  t.test('the directory that was checked is the one that is entered, whatever takes its name meanwhile', async (t) => {
    const root = await tree(t.testdir())
    const command = testCommand(testRunner(t))
    const directory = await command.openDirectory(join(root, 'base/inner'), [join(root, 'base')])
    await rename(join(root, 'base/inner'), join(root, 'base/renamed'))
    await symlink('../outside', join(root, 'base/inner'))
    const { stdout } = await command.run('/bin/pwd', [], { cwd: directory }).ended
    t.equal(stdout, `${join(root, 'base/renamed')}\n`)
  })

  t.test('while another process swaps folder and link, no program starts outside', async (t) => {
    const root = await tree(t.testdir())
    const base = join(root, 'base')
    await writeFile(join(root, 'outside/is-outside'), '')
    const swapper = spawn(process.execPath, [program('swaps-folder.mjs'), base], { stdio: 'ignore' })
    const command = testCommand(testRunner(t))
    const seen = { started: 0, refused: 0, escaped: 0 }
    // Both sides of the race have to have been met, however the machine schedules them.
    while (seen.started < 200 || seen.refused < 20) {
      try {
        const directory = await command.openDirectory(join(base, 'swapped'), [base])
        const { stdout } = await command.run('ls', [], { cwd: directory }).ended
        await directory.close()
        seen.started++
        if (stdout.includes('is-outside')) seen.escaped++
      } catch (error) {
        if (!/^DIRECTORY_(OUTSIDE|MISSING)$/.test((error as { code: string }).code)) throw error
        seen.refused++
      }
    }
    t.equal(seen.escaped, 0)
    swapper.kill('SIGKILL')
    await once(swapper, 'exit')
  })
}

t.test('elsewhere than on Linux, a directory that was replaced is noticed right after the start', async (t) => {
  const root = await tree(t.testdir())
  const base = join(root, 'base')
  const directory = await openResolved(join(base, 'inner'), [base])
  const entrance = entranceOf(directory)
  t.equal(entrance.stillSame(), true)
  await rm(join(base, 'inner'), { recursive: true })
  t.equal(entrance.stillSame(), false)
  await symlink('../outside', join(base, 'inner'))
  t.equal(entrance.stillSame(), false)
  const command = testCommand(testRunner(t))
  await t.rejects(command.run('/bin/sh', ['-c', 'sleep 600'], { cwd: directory }).ended, {
    code: 'DIRECTORY_OUTSIDE',
    refused: true,
  })
})

if (process.geteuid?.() !== 0) {
  t.test('a directory that the agent may not open is missing to it', async (t) => {
    const root = t.testdir({ closed: {} })
    await chmod(join(root, 'closed'), 0)
    await t.rejects(openDirectory(join(root, 'closed'), [root]), { code: 'DIRECTORY_MISSING' })
  })
}
