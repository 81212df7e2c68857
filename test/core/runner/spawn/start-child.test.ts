import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { type Child, type Launch, spawnOptionsOf, startChild } from '../../../../core/runner/spawn/index.ts'
import { loadLibc } from '../../../../core/runner/spawn/libc.ts'
import { startNatively } from '../../../../core/runner/spawn/start-child.ts'
import { until } from '../support.ts'

const isLinux = process.platform === 'linux'

const shell = (line: string, more: Partial<Launch> = {}): Launch => ({
  program: '/bin/sh',
  args: ['-c', line],
  cwd: '/',
  env: { PATH: '/usr/bin:/bin' },
  account: undefined,
  ...more,
})

const native = (launch: Launch, kept: readonly number[] = []): Child => {
  const child = startNatively(launch, kept)
  if (child === null) throw new Error('the C library did not start it')
  return child
}
/** The test runner adds variables of its own to what Node starts. */
const withoutTap = ({ stdout, ...rest }: Awaited<ReturnType<typeof endOf>>) => ({
  ...rest,
  stdout: stdout
    .split('\0')
    .filter((text) => !/^(_TAPJS|NODE_OPTIONS)/.test(text))
    .sort(),
})
const byNode = (launch: Launch, kept: readonly number[] = []): Child =>
  spawn(launch.program, launch.args, spawnOptionsOf(launch, ...kept)) as Child

async function endOf(child: Child, input = '') {
  const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
  // Most programs read none of it.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const [stdout, stderr, how] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    ended,
  ])
  return { stdout, stderr, how, exitCode: child.exitCode, signalCode: child.signalCode }
}

t.test('what the C library starts finds what Node would give it', { skip: !isLinux }, async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-spawn-')))
  const kept = openSync('/dev/null', 'r')
  const cases: Record<string, Launch> = {
    environment: shell('exec /usr/bin/env -0', { env: { A: 'x=y', B: '', C: 'ä\n"\'$', PATH: '/bin' } }),
    arguments: shell('', { program: '/usr/bin/printf', args: ['[%s]', '', 'a b', '"\'\\', 'ä€😀', '-n'] }),
    directory: shell('pwd -P', { cwd: folder }),
    descriptors: shell('', { program: '/bin/ls', args: ['/proc/self/fd'] }),
    'blocked, ignored and caught signals': shell('grep Sig /proc/self/status | grep -v SigQ'),
    'a session of its own': shell(
      'read -r pid name state ppid group session rest < /proc/self/stat; [ $pid = $$ ] && [ $group = $$ ] && [ $session = $$ ] && echo leads',
    ),
    'its input': shell('cat; echo end'),
    'its errors': shell('echo out; echo err >&2'),
    'an exit code': shell('exit 213'),
    'a signal': shell('kill -9 $$'),
    'a signal that stops politely': shell('kill -TERM $$'),
    'the mask of its files': shell('umask'),
    'a program in /proc': shell('echo $0', { program: '/proc/self/root/bin/sh' }),
  }
  for (const [name, launch] of Object.entries(cases)) {
    const ours = await endOf(native(launch, [kept]), 'input')
    const theirs = await endOf(byNode(launch, [kept]), 'input')
    t.same(withoutTap(ours), withoutTap(theirs), name)
    t.ok(ours.exitCode !== null || ours.signalCode !== null, `${name}: it ended`)
  }
})

t.test('a program can write as much as it likes', { skip: !isLinux }, async (t) => {
  const { stdout, how } = await endOf(native(shell('head -c 3000000 /dev/zero')))
  t.equal(stdout.length, 3_000_000)
  t.same(how, [0, null])
})

t.test('what the C library cannot start is told by Node', async (t) => {
  const failure = async (launch: Launch) => {
    const child = startChild(launch)
    t.equal(child.pid, undefined)
    const [error] = (await once(child as never, 'error')) as [NodeJS.ErrnoException]
    return error.code
  }
  t.equal(await failure(shell('', { program: '/nonexistent/program' })), 'ENOENT')
  t.equal(await failure(shell('', { cwd: '/nonexistent' })), 'ENOENT')
  t.equal(await failure(shell('', { program: '/etc/passwd' })), 'EACCES')
  t.throws(() => startChild(shell('echo a\0b')), { code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => startChild(shell('', { env: { A: 'x\0y' } })), { code: 'ERR_INVALID_ARG_VALUE' })
})

t.test('a text file without an interpreter is run by the shell, as by Node', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'gururmm-spawn-')), 'script')
  writeFileSync(file, 'echo ran\n', { mode: 0o755 })
  t.equal((await endOf(startChild(shell('', { program: file, args: [] })))).stdout, 'ran\n')
})

t.test('only Node takes on another account or looks a name up', async (t) => {
  t.equal(startNatively(shell('true', { account: { uid: 65_534, gid: 65_534 } })), null)
  t.equal(startNatively(shell('true', { program: 'sh' })), null)
})

t.test('nothing is left open of a program that could not be started', { skip: !isLinux }, async (t) => {
  const open = () => readdirSync('/proc/self/fd').length
  // The first loads the library.
  startNatively(shell('', { program: '/nonexistent/program' }))
  const before = open()
  for (let count = 0; count < 50; count++) t.equal(startNatively(shell('', { program: '/nonexistent/program' })), null)
  t.equal(open(), before)
})

t.test('nothing is left open of a program that has ended', { skip: !isLinux }, async (t) => {
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const uses: readonly ((child: Child) => void)[] = [
    () => {},
    (child) => child.closeInput?.(),
    (child) => child.stdin?.on('error', () => {}).end('text'),
    (child) => {
      child.closeInput?.()
      child.stdin?.on('error', () => {}).end('text')
    },
  ]
  for (const use of uses) {
    const child = native(shell('exit 3'))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    use(child)
    await Promise.all([text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream)])
    t.equal(await ended, 3)
  }
  await until(() => open() === before)
})

t.test('a program holds its agent until it is let go, and is told of its end', { skip: !isLinux }, async (t) => {
  const script = (line: string) => `
    import { startNatively } from ${JSON.stringify(import.meta.resolve('../../../../core/runner/spawn/start-child.ts'))}
    const child = startNatively({ program: '/bin/sh', args: ['-c', 'exec >/dev/null 2>&1 </dev/null; sleep 0.3'], cwd: '/', env: { PATH: '/usr/bin:/bin' } })
    for (const pipe of child.stdio) pipe?.destroy()
    child.once('exit', (code) => console.log('ended', code))
    ${line}`
  const run = async (line: string) => {
    const node = [process.execPath, '--conditions=gururmm-source', '--input-type=module', '--eval', script(line)]
    return (await endOf(byNode(shell('', { program: node[0] as string, args: node.slice(1) })))).stdout
  }
  t.equal(await run(''), 'ended 0\n')
  t.equal(await run('child.unref()'), '')
})

t.test('another C library is not taken for this one', async (t) => {
  t.throws(
    () =>
      loadLibc(() => ({
        load: (name) => {
          throw new Error(`${name} is not there`)
        },
      })),
    /libc\.so\.6/,
  )
  const refusing = { load: () => ({ func: () => () => 22 }) }
  t.throws(() => loadLibc(() => refusing), /refuses the attributes/)
})
