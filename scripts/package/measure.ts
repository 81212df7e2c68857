import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'

const ROUNDS = 5

/** How long a package of this machine's platform takes to start, in words: the middle of some starts each. */
export async function measureStart(folder: string, scratch: string): Promise<string> {
  const launcher = path.join(folder, 'bin', process.platform === 'win32' ? 'gururmm-agent.cmd' : 'gururmm-agent')
  const [version, dials] = [[] as number[], [] as number[]]
  for (let round = 0; round < ROUNDS; round++) {
    version.push(await untilVersion(launcher))
    dials.push(await untilDialled(launcher, path.join(scratch, 'measured')))
  }
  return `--version in ${middle(version)} ms, dials its server ${middle(dials)} ms after its start`
}

async function untilVersion(launcher: string): Promise<number> {
  const from = performance.now()
  await once(start(launcher, ['--version']), 'exit')
  return performance.now() - from
}

/** A server that takes the connection and says nothing. */
async function untilDialled(launcher: string, folder: string): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await mkdir(folder, { recursive: true })
  const config = path.join(folder, 'agent.config.json')
  const settings = { agent: { dataDir: './data' }, server: { url: `ws://127.0.0.1:${port}/`, tokenFile: './token' } }
  await writeFile(config, JSON.stringify({ ...settings, log: { file: './log' } }))
  await writeFile(path.join(folder, 'token'), 'measuring')
  await chmod(path.join(folder, 'token'), 0o600)
  const from = performance.now()
  const agent = start(launcher, ['start', '--grace', '0', '--config', config])
  const ended = once(agent, 'exit').then(([code]) => {
    throw new Error(`The agent should have dialled, and ended with ${code}.`)
  })
  const [socket] = await Promise.race([once(server, 'connection'), ended])
  const taken = performance.now() - from
  agent.kill('SIGTERM')
  await ended.catch(() => {})
  socket.destroy()
  server.close()
  return taken
}

function start(launcher: string, args: readonly string[]): ChildProcess {
  return spawn(launcher, args, { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
}

function middle(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0)
}
