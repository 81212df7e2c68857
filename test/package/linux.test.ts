import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { extract } from 'tar'
import { directoryOutside } from '../helpers/outside.ts'
import { buildPackages } from '../helpers/package/build.ts'
import { doMainJob, writeConfig } from '../helpers/package/main-job.ts'
import { writeStandIn } from '../helpers/package/stand-in.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'

const run = promisify(execFile)

const PLATFORM = `linux-${process.arch}`

t.test('the package for this machine', async (t) => {
  const built = await buildPackages(t, '--platform', PLATFORM)
  const root = directoryOutside(t, { 'an empty folder': {} })
  const empty = path.join(root, 'an empty folder')
  await extract({ file: built.file('.tar.gz'), cwd: empty })
  const [name = ''] = await readdir(empty)
  const home = path.join(empty, name)
  const launcher = path.join(root, 'gururmm-agent')
  await symlink(path.join(home, 'bin/gururmm-agent'), launcher)
  // Of this machine's programs only what the launcher and a task ask for: no Node
  const tools = path.join(root, 'tools')
  await mkdir(tools)
  for (const tool of ['dirname', 'id', 'readlink']) await symlink(`/usr/bin/${tool}`, path.join(tools, tool))
  const bare = { PATH: tools }

  t.test('has checksums that hold, and says sizes and start-up times', async (t) => {
    await t.resolves(run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: built.folder }))
    t.match(built.output, /MB unpacked, --version in \d+ ms, dials its server \d+ ms after its start/)
    t.comment(built.output)
  })

  t.test('holds the agent, its runtime, its licences, and nothing that only developers need', async (t) => {
    const files = (await readdir(home, { recursive: true })).sort()
    for (const file of [
      'runtime/bin/node',
      'LICENSE',
      'licenses/Node.js.txt',
      'licenses/koffi.txt',
      'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
      'dist/THIRD-PARTY-NOTICES.txt',
      'docs/install.md',
    ])
      t.ok(files.includes(file), file)
    t.same(
      files.filter((file) =>
        /node_modules\/(?!@koromix(\/koffi-linux-x64)?(\/|$))|npm|include|\.d\.ts$|^service|compile-cache|^dist\/protocol/.test(
          file,
        ),
      ),
      [],
    )
    t.same(
      (await readdir(path.join(home, 'dist/plugins'))).sort(),
      ['claude-task', 'shell'],
      'each plugin is a folder of its own',
    )
    t.equal((await stat(path.join(home, 'bin/gururmm-agent'))).mode & 0o777, 0o755)
    t.equal((await stat(path.join(home, 'dist/cli.js'))).mode & 0o777, 0o644)
  })

  t.test('starts from anywhere, without a Node on the machine', async (t) => {
    const { version } = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8'))
    for (const program of [launcher, path.join(home, 'bin/gururmm-agent')])
      t.equal((await run(program, ['--version'], { cwd: '/', env: bare })).stdout, `${version}\n`)
    const runtime = await run(launcher, ['doctor', '--config', '/nowhere'], { env: bare }).catch((error) => error)
    t.match(runtime, { code: 78, stdout: /on Node 26\./ })
  })

  t.test('serves its server: a shell command and a Claude task', async (t) => {
    const share = path.join(root, 'share')
    await mkdir(share)
    const cliPath = await writeStandIn(root, path.join(home, 'runtime/bin/node'))
    const { url, client } = await startReferenceServer(t)
    const config = await writeConfig(path.join(root, 'etc'), url, { dataDir: './data', share, cliPath })
    const agent = spawn(launcher, ['start', '--config', config], {
      cwd: '/',
      env: bare,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(agent, 'exit')
    let log = ''
    agent.stderr.setEncoding('utf8').on('data', (text) => {
      log += text
    })
    t.teardown(async () => {
      agent.kill('SIGTERM')
      await ended
      if (!t.passing()) t.comment(log)
    })
    t.equal(await doMainJob(t, client, 'echo it works; command -v node || true'), 'it works\n')
    agent.kill('SIGTERM')
    t.same(await ended, [0, null], 'the launcher is the agent: it ends in good order')
  })
})
