import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startDaemon } from '../peers/daemon.ts'
import { findProgram } from '../peers/find.ts'
import { ALL_CAPABILITIES } from '../peers/node-agents.ts'
import { startServer } from '../server.ts'
import { checkTask, type Place, type SandboxKind, TASK } from './place.ts'
import { makeTee } from './tee.ts'

const AGENT = path.join(import.meta.dirname, '../../bin/gururmm-agent.js')

/** The built agent, connected to a server in this process, does tasks again and again. */
export interface FirstEvents {
  /** Resolves to the ms from the first event that the CLI of a task wrote to the first progress of that task at the server. */
  run(): Promise<number>
  close(): Promise<void>
}

/** @throws Error where the agent does not start, or bubblewrap is to be there and is not. */
export async function firstEvents(place: Place, sandbox: SandboxKind): Promise<FirstEvents> {
  const folder = path.join(place.root, `agent-${sandbox}`)
  mkdirSync(folder)
  const watched = path.join(folder, 'bin')
  // What is inside the sandbox writes to the same pipe as bubblewrap.
  const tee = sandbox === 'off' ? makeTee(watched, 'claude', place.cliPath) : makeTee(watched, 'bwrap', bubblewrap())
  let firstProgress: bigint | null = null
  const server = await startServer(ALL_CAPABILITIES, () => {
    firstProgress ??= process.hrtime.bigint()
  })
  const config = writeConfig(folder, server.url, place.configOf(sandbox, sandbox === 'off' ? tee.file : undefined))
  const env = { ...process.env, PATH: `${watched}${path.delimiter}${process.env.PATH}` }
  const daemon = startDaemon(process.execPath, [AGENT, 'start', '--config', config], env)
  const close = async () => {
    await daemon.stop()
    await server.close()
  }
  try {
    await Promise.race([server.announced, daemon.failed])
  } catch (error) {
    await server.close()
    throw error
  }
  return {
    async run() {
      firstProgress = null
      const sent = server.send({ command_type: { claude_task: { task: TASK } }, command: '' })
      const { exit_code, stderr, data } = await Promise.race([sent, daemon.failed])
      checkTask({ exitCode: exit_code, stderr, data }, sandbox)
      if (firstProgress === null) throw new Error('a task told no progress')
      return Number(firstProgress - tee.read()) / 1e6
    },
    close,
  }
}

function bubblewrap(): string {
  const found = findProgram('bwrap')
  if (found === undefined) throw new Error('there is no bubblewrap on this machine: install the package bubblewrap')
  return found
}

function writeConfig(folder: string, url: string, config: object): string {
  const tokenFile = path.join(folder, 'token')
  writeFileSync(tokenFile, 'bench-token-of-loopback\n', { mode: 0o600 })
  const limits = { claude_task: { rate: { count: 10_000, windowSeconds: 3600 } } }
  const file = path.join(folder, 'agent.config.json')
  const agent = { site: 'bench', dataDir: path.join(folder, 'var') }
  writeFileSync(
    file,
    JSON.stringify({ agent, server: { url, tokenFile }, plugins: { claude_task: { config, limits } } }),
  )
  return file
}
