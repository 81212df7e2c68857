import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Content, MOVED, sandboxArguments } from '../../../../plugins/claude-task/sandbox/arguments.ts'
import { hiddenInside, identityOf, writeAccounts } from '../../../../plugins/claude-task/sandbox/inside.ts'
import { systemParts } from '../../../../plugins/claude-task/sandbox/system.ts'
import { trySandbox } from '../../../../plugins/claude-task/sandbox/trial.ts'
import { directoryOutside } from '../../../helpers/outside.ts'

const CHILD = '/bin/sh'

/** A directory, and what a sandbox needs besides. Commands are what the CLI would be: a shell. */
async function place(t: Test) {
  const root = realpathSync(
    directoryOutside(t, { base: { 'a.txt': 'inside', 'k.pem': 'secret', '.bashrc': 'old', hr: { x: 'y' } } }),
  )
  const directory = join(root, 'base')
  writeFileSync(join(root, 'settings.json'), '{}')
  writeFileSync(join(root, 'outside.txt'), 'outside')
  await writeAccounts(root, process.geteuid?.() ?? 0)
  const socket = join(root, 'api')
  const server = createServer().listen(socket)
  t.teardown(() => server.close())
  await new Promise((done) => server.once('listening', done))
  const content: Content = {
    ...{ directory, writable: true, identity: await identityOf(directory), program: realpathSync(CHILD), socket },
    ...{ settingsFile: join(root, 'settings.json'), accounts: root, hasBash: true, hidden: [], kept: [] },
  }
  const system = await systemParts(true)
  const features = await trySandbox('/bin/true', async (program, args) =>
    execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }),
  )
  const run = (line: string, changes: Partial<Content> = {}) => {
    if (typeof features === 'string') throw new Error(features)
    const args = [...sandboxArguments({ ...content, ...changes }, system, features), '-c', line]
    const { status, stdout, stderr } = spawnSync('bwrap', args, {
      cwd: directory,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    return { status, stdout: stdout.trim(), stderr }
  }
  return { root, directory, run, features }
}

t.test('in a sandbox', { skip: process.platform !== 'linux' }, async (t) => {
  const { root, directory, run, features } = await place(t)
  if (typeof features === 'string') {
    t.match(features, /bubblewrap/, 'the machine has none, and that is told')
    return
  }
  t.match(run('cat a.txt; pwd'), { status: 0, stdout: `inside${directory}` })
  t.match(run(`cat ${root}/outside.txt`), { status: 1, stdout: '' }, 'nothing beside the directory')
  t.match(run('ls -A / | sort | tr "\\n" " "'), { stdout: /^(?!.*(root|home|var|sys|opt|srv|mnt)).*$/ })
  t.equal(run('ls -A /etc').stdout.includes('shadow'), false)
  t.equal(run('wc -l < /etc/passwd').stdout, '1')
  t.equal(run('cat /proc/net/dev | grep -c :').stdout, '1', 'no network but loopback')
  t.match(run('cat /proc/self/status').stdout, /CapEff:\s0+\n[\s\S]*NoNewPrivs:\s1/)
  t.equal(run('ls -d /proc/[0-9]* | wc -l').stdout < '9', true, 'no process but its own')
  for (const path of [
    '/proc/sys/kernel/core_pattern',
    '/proc/sysrq-trigger',
    '/usr/bin/x',
    '/x',
    '/etc/x',
    '/run/claude/settings.json',
  ]) {
    t.not(run(`[ ! -e ${path} ] && ! touch ${path} 2>/dev/null || ! [ -w ${path} ]`).status, 1, path)
  }
  t.not(run('unshare -Ur true').status, 0, 'no namespaces within')
  t.equal(run('touch b.txt').status, 0)
  t.ok(existsSync(join(directory, 'b.txt')))
  t.not(run('touch c.txt', { writable: false }).status, 0)
  const hidden = await hiddenInside(
    [join(directory, 'k.pem'), join(directory, 'hr'), join(directory, 'hr', 'x'), root],
    directory,
  )
  t.same(hidden, [
    { path: join(directory, 'k.pem'), isFolder: false },
    { path: join(directory, 'hr'), isFolder: true },
  ])
  t.not(run('cat k.pem', { hidden }).status, 0)
  t.match(run('ls -A hr; touch hr/z', { hidden }), { stdout: '', status: 1 })
  const kept = [join(directory, '.bashrc')]
  for (const line of ['echo x > .bashrc', 'rm .bashrc', 'mv .bashrc x']) t.not(run(line, { kept }).status, 0, line)
  t.equal(readFileSync(join(directory, '.bashrc'), 'utf8'), 'old')
  t.equal(run('true', { identity: '1:1' }).status, MOVED, 'another directory than the one that was checked')
})

t.test('a directory that was swapped for a link has no identity', { skip: process.platform !== 'linux' }, async (t) => {
  const root = realpathSync(t.testdir({ base: {} }))
  const base = join(root, 'base')
  t.match(await identityOf(base), /^\d+:\d+$/)
  renameSync(base, join(root, 'old'))
  symlinkSync('/etc', base)
  await t.rejects(identityOf(base), { code: 'DIRECTORY_OUTSIDE', refused: true })
  await t.rejects(identityOf(join(root, 'gone')), { code: 'DIRECTORY_OUTSIDE' })
  mkdirSync(join(root, 'new'))
})

t.test('what a machine lacks is told in words that help', async (t) => {
  const failing = (message: string) => trySandbox('/bin/true', () => Promise.reject(new Error(message)), 'linux')
  t.match(await failing('spawn bwrap ENOENT'), /install the package bubblewrap/)
  t.match(await failing('bwrap: setting up uid map: Permission denied'), /AppArmor/)
  t.match(await failing('bwrap: something else'), /does not work/)
  t.match(await trySandbox('/bin/true', () => Promise.resolve(''), 'darwin'), /Linux alone/)
})
