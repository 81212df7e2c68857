import { appendFile, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ROOT } from '../helpers/npm.ts'
import { agentConfig, processesWith } from '../helpers/processes.ts'
import { AGENT_TOKEN } from '../helpers/reference-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import type { WindowsMachine, WindowsProcess } from '../helpers/windows/machine.ts'
import { koffiFolder, windowsNode } from '../helpers/windows/packages.ts'
import { windowsProgram } from '../helpers/windows/program.ts'
import type { Agent, AgentSettings, Platform } from './platform.ts'

const PROGRAM_FOLDER = 'C:\\Program Files\\GuruRMM'
const DATA_FOLDER = 'C:\\ProgramData\\GuruRMM'
const FIXTURES = path.join(import.meta.dirname, 'fixtures')

/** A Windows with the built agent installed, on Node 22 for Windows. */
export async function windows(machine: WindowsMachine): Promise<Platform> {
  await installAgent(machine)
  const node = machine.windowsPath(await windowsNode())
  const program = machine.windowsPath(path.join(FIXTURES, 'program.cjs'))
  let agents = 0
  return {
    name: 'Windows',
    eol: '\r\n',
    next: '&',
    async startAgent(t, settings) {
      const folder = `${DATA_FOLDER}\\${++agents}`
      const agent = await startAgent(machine, folder, settings)
      t.teardown(async () => {
        await agent.kill()
        await rm(agent.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
        if (!t.passing()) t.comment(agent.output().slice(-8000))
      })
      return agent
    },
    line: (...args) => [node, program, ...args].map((argument) => `"${argument}"`).join(' '),
    async taskFolder(t) {
      const native = 'C:\\Shares\\test'
      const host = machine.hostPath(native)
      await mkdir(host, { recursive: true })
      t.teardown(() => rm(host, { recursive: true, force: true }))
      return { host, native }
    },
    async claudeCli() {
      const folder = machine.hostPath('C:\\Tools')
      await mkdir(folder, { recursive: true })
      await copyFile(await windowsProgram(), path.join(folder, 'claude.exe'))
      await copyFile(path.join(FIXTURES, 'claude.cjs'), path.join(folder, 'claude.cjs'))
      return 'C:\\Tools\\claude.exe'
    },
  }
}

/** Copies what the package publishes, and brings its optional dependency, as npm would on Windows. */
export async function installAgent(machine: WindowsMachine): Promise<void> {
  const to = machine.hostPath(PROGRAM_FOLDER)
  for (const part of ['bin', 'dist', 'package.json'])
    await cp(path.join(ROOT, part), path.join(to, part), { recursive: true })
  await cp(await koffiFolder(), path.join(to, 'node_modules/@koromix/koffi-win32-x64'), { recursive: true })
}

const AGENT = `${PROGRAM_FOLDER}\\bin\\gururmm-agent.js`

async function startAgent(machine: WindowsMachine, native: string, settings: AgentSettings): Promise<Agent> {
  const folder = machine.hostPath(native)
  const configFile = `${native}\\agent.config.json`
  await mkdir(folder, { recursive: true })
  // Its mode is what Wine makes an access list of.
  await writeFile(path.join(folder, 'token'), AGENT_TOKEN, { mode: 0o600 })
  await writeFile(path.join(folder, 'agent.config.json'), JSON.stringify(agentConfig(settings)))
  const stopFile = path.join(folder, 'stop')
  const start = async (): Promise<WindowsProcess> => {
    await rm(stopFile, { force: true })
    const node = await windowsNode()
    const inConsole = [
      machine.windowsPath(path.join(FIXTURES, 'console.cjs')),
      machine.windowsPath(await koffiFolder()),
    ]
    const agent = [machine.windowsPath(node), AGENT, 'start', '--config', configFile, ...(settings.args ?? [])]
    return machine.start(node, [...inConsole, `${native}\\stop`, ...agent])
  }
  let current = await start()
  let before = ''
  return {
    folder,
    native: (name) => `${native}\\${name}`,
    output: () => before + current.stdout() + current.stderr(),
    get ended() {
      return current.ended
    },
    stop: () => appendFile(stopFile, 'Ctrl+C\n'),
    async kill() {
      // The agent itself, and the console around it.
      for (const line of await processesWith(configFile)) process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL')
      await current.ended
      await waitUntil('the agent to be gone', async () => (await processesWith(configFile)).length === 0)
    },
    async startAgain() {
      await current.ended
      before += current.stdout() + current.stderr()
      current = await start()
    },
    cli: (...args) => machine.node([AGENT, '--config', configFile, ...args]),
  }
}
