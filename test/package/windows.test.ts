import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ROOT } from '../helpers/npm.ts'
import { buildPackages } from '../helpers/package/build.ts'
import { doMainJob, writeConfig } from '../helpers/package/main-job.ts'
import { processesWith } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { startWindows } from '../helpers/windows/machine.ts'
import { koffiFolder, WINDOWS_NODE_VERSION, windowsNode } from '../helpers/windows/packages.ts'
import { windowsProgram } from '../helpers/windows/program.ts'

const HOME = 'C:\\Program Files\\GuruRMM agent'
const DATA = 'C:\\ProgramData\\GuruRMM'

t.test('the package for Windows, on a Windows without Node', async (t) => {
  // Its own Node 26 does not start under this Wine
  const built = await buildPackages(t, '--platform', 'win-x64', '--runtime', WINDOWS_NODE_VERSION)
  const windows = await startWindows(t)
  await mkdir(windows.hostPath('C:\\Program Files'), { recursive: true })
  await promisify(execFile)('unzip', ['-q', built.file('.zip'), '-d', windows.hostPath('C:\\unpacked')])
  const [name = ''] = await readdir(windows.hostPath('C:\\unpacked'))
  await rename(path.join(windows.hostPath('C:\\unpacked'), name), windows.hostPath(HOME))
  const launcher = `${HOME}\\bin\\gururmm-agent.cmd`

  t.test('has its runtime, WinSW, what job objects need, and the licences of all', async (t) => {
    const files = (await readdir(windows.hostPath(HOME), { recursive: true })).sort()
    for (const file of [
      'runtime/bin/node.exe',
      'service/winsw.exe',
      'service/winsw.exe.config',
      'node_modules/@koromix/koffi-win32-x64/package.json',
      'licenses/Node.js.txt',
      'licenses/WinSW.txt',
      'licenses/koffi.txt',
    ])
      t.ok(files.includes(file), file)
  })

  t.test('starts through its launcher from any folder, and ends as the agent does', async (t) => {
    t.match(await windows.run('cmd.exe', ['/c', launcher, '--version'], { cwd: 'C:\\windows' }), {
      code: 0,
      stdout: /^1\.\d+\.\d+/,
    })
    t.match(await windows.run('cmd.exe', ['/c', launcher, 'doctor', '--config', 'C:\\nowhere.json']), {
      code: 78,
      stdout: `on Node ${WINDOWS_NODE_VERSION}, win32 x64`,
    })
  })

  t.test('serves its server: a shell command and a Claude task', async (t) => {
    const { url, client } = await startReferenceServer(t)
    const share = windows.hostPath('C:\\Shares\\test')
    await mkdir(share, { recursive: true })
    await writeFile(path.join(share, 'sync.log'), 'all is well\n')
    const cliPath = `${DATA}\\claude.exe`
    await mkdir(windows.hostPath(DATA), { recursive: true })
    await copyFile(await windowsProgram(), windows.hostPath(cliPath))
    await copyFile(path.join(ROOT, 'test/conformance/fixtures/claude.cjs'), windows.hostPath(`${DATA}\\claude.cjs`))
    const places = { dataDir: './data', share: 'C:\\Shares\\test', cliPath }
    await writeConfig(windows.hostPath(DATA), url, places)
    const config = `${DATA}\\agent.config.json`
    // As WinSW does it: the runtime itself, in a console, where a Ctrl+C asks it to stop
    const console_ = ['test/conformance/fixtures/console.cjs', await koffiFolder()].map((file) =>
      windows.windowsPath(path.resolve(ROOT, file)),
    )
    const command = [`${HOME}\\runtime\\bin\\node.exe`, `${HOME}\\bin\\gururmm-agent.js`, 'start', '--config', config]
    const agent = windows.start(await windowsNode(), [...console_, `${DATA}\\stop`, ...command], { cwd: 'C:\\windows' })
    t.teardown(async () => {
      for (const line of await processesWith(config)) process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL')
      await agent.ended
      if (!t.passing()) t.comment(agent.stdout() + agent.stderr())
    })
    const printed = await doMainJob(t, client, 'echo it works', /In C:\\Shares\\test are: sync\.log/)
    t.match(printed, /^it works/)

    const [known] = await client.agents()
    t.match(known?.description, { os: 'win32', arch: 'x64' })
    await writeFile(windows.hostPath(`${DATA}\\stop`), 'Ctrl+C\n')
    t.match(await agent.ended, { code: 0 }, 'it stops in good order')
  })

  t.test('plans its service: WinSW runs the package’s own runtime', async (t) => {
    const config = `${DATA}\\agent.config.json`
    const args = ['/c', launcher, 'service', 'install', '--dry-run', '--config', config]
    const { code, stdout } = await windows.run('cmd.exe', args)
    t.equal(code, 0)
    t.match(stdout, /net\.exe start gururmm-agent/)
    t.match(stdout, `<executable>${HOME}\\runtime\\bin\\node.exe</executable>`)
  })
})
