import { chmodSync, mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { locateCli } from '../../../../plugins/claude-task/cli/locate.ts'

const unix = { skip: process.platform === 'win32' ? 'modes and links of POSIX' : false }

function program(path: string, bytes = 16): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, Buffer.alloc(bytes))
  chmodSync(path, 0o755)
  return path
}

const folder = (t: Test) => realpathSync(t.testdir())

t.test('the first program of the PATH is taken, with links resolved', unix, async (t) => {
  const root = folder(t)
  program(join(root, 'real', 'claude'))
  for (const name of ['first', 'second']) mkdirSync(join(root, name))
  symlinkSync('../real/claude', join(root, 'second', 'claude'))
  const found = await locateCli(null, { platform: 'linux', env: { PATH: `:relative:${root}/first:${root}/second` } })
  t.equal(found?.path, join(root, 'real', 'claude'))
})

t.test('without a PATH the places of the installers are tried', unix, async (t) => {
  const root = folder(t)
  const path = program(join(root, '.local', 'bin', 'claude'))
  t.equal((await locateCli(null, { platform: 'linux', env: { HOME: root } }))?.path, path)
})

t.test('a configured program is the only candidate', unix, async (t) => {
  const root = folder(t)
  program(join(root, 'bin', 'claude'))
  const machine = { platform: 'linux', env: { PATH: join(root, 'bin') } } as const
  t.equal(await locateCli(join(root, 'missing'), machine), undefined)
  t.equal((await locateCli(join(root, 'bin', 'claude'), machine))?.path, join(root, 'bin', 'claude'))
})

t.test('a directory, or a file that may not be executed, is no program', unix, async (t) => {
  const root = folder(t)
  mkdirSync(join(root, 'one', 'claude'), { recursive: true })
  chmodSync(program(join(root, 'two', 'claude')), 0o644)
  t.equal(await locateCli(join(root, 'one', 'claude')), undefined)
  t.equal(await locateCli(join(root, 'two', 'claude')), undefined)
})

t.test('the identity changes with the file', unix, async (t) => {
  const path = program(join(folder(t), 'claude'))
  const before = await locateCli(path)
  t.same(await locateCli(path), before)
  utimesSync(path, 1, 1)
  t.not((await locateCli(path))?.identity, before?.identity)
})

t.test('behind the stub of an npm package stands the program for this platform', unix, async (t) => {
  const root = folder(t)
  const scope = join(root, 'node_modules', '@anthropic-ai')
  const stub = program(join(scope, 'claude-code', 'bin', 'claude.exe'))
  t.equal((await locateCli(stub))?.path, stub, 'no other program there')
  const real = program(join(scope, 'claude-code-linux-x64', 'claude'))
  t.equal((await locateCli(stub))?.path, real)
  program(stub, 2 * 1024 * 1024)
  t.equal((await locateCli(stub))?.path, stub, 'the installer put the program into its place')
})

t.test('on Windows the program behind npm’s claude.cmd is found, never the script', async (t) => {
  const root = folder(t)
  writeFileSync(join(root, 'claude.cmd'), '')
  const machine = { platform: 'win32', env: { Path: root } } as const
  t.equal(await locateCli(null, machine), undefined)
  const exe = program(join(root, 'node_modules', '@anthropic-ai', 'claude-code', 'bin', 'claude.exe'), 2 * 1024 * 1024)
  t.equal((await locateCli(null, machine))?.path, exe)
  t.equal((await locateCli(join(root, 'claude.cmd'), machine))?.path, exe, 'also where the script is configured')
})
