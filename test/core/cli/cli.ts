import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { COMPILE_CACHE, UNBUILT_CLI } from '../../helpers/unbuilt.ts'

export interface CliOptions {
  /** Added to an environment that holds nothing of this machine's but PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export interface CliEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder with a config and a token; its path is short enough for a socket. Removed after the test. */
export function agentFolder(t: Test, config: object = {}): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'gururmm-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const server = { url: 'ws://127.0.0.1:9/agent', tokenFile: './token' }
  const whole = { agent: { dataDir: './data' }, server, plugins: { shell: {} }, ...config }
  writeFileSync(path.join(folder, 'agent.config.json'), JSON.stringify(whole, null, 2))
  writeFileSync(path.join(folder, 'token'), 'test-token-1\n')
  chmodSync(path.join(folder, 'token'), 0o600)
  return folder
}

/** Starts the command line in the folder. */
export function spawnCli(folder: string, args: readonly string[], { env = {} }: CliOptions = {}) {
  const { PATH = '', SystemRoot = '', TEMP = '' } = process.env
  return spawn(process.execPath, [...UNBUILT_CLI, ...args], {
    cwd: folder,
    env: { PATH, SystemRoot, TEMP, ...COMPILE_CACHE, HOME: folder, ...env },
    windowsHide: true,
  })
}

/** Runs it to its end. */
export async function cli(folder: string, args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const child = spawnCli(folder, args, options)
  child.stdin.on('error', () => {}).end(options.stdin ?? '')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number | null, stdout, stderr }
}
