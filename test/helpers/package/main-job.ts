import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import type { Client } from '../../../examples/server/client.ts'
import { AGENT_TOKEN } from '../reference-server.ts'
import { waitUntil } from '../wait-until.ts'

/** How the agent's folders and its stand-in for the Claude CLI are called where it runs. */
export interface Places {
  readonly dataDir: string
  readonly share: string
  readonly cliPath: string
}

/** Writes config, token and key of agent-1 into the folder, for the commands of {@link doMainJob}. */
export async function writeConfig(
  folder: string,
  serverUrl: string,
  { dataDir, share, cliPath }: Places,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'token'), AGENT_TOKEN)
  await writeFile(path.join(folder, 'key'), 'sk-ant-made-up-0123456789')
  for (const secret of ['token', 'key']) await chmod(path.join(folder, secret), 0o600)
  const claude = { cliPath, apiKeyFile: './key', security: { baseDirectories: [share] } }
  const settings = {
    agent: { id: 'agent-1', site: 'main-office', dataDir },
    server: { url: serverUrl, tokenFile: './token' },
    plugins: { shell: {}, claude_task: { config: claude } },
  }
  const file = path.join(folder, 'agent.config.json')
  await writeFile(file, JSON.stringify(settings, null, 2))
  return file
}

/**
 * Waits for agent-1, and has it run a shell command and a Claude task; answers what the shell printed.
 *
 * @param answer of the stand-in for the Claude CLI. Default: it repeats its task.
 */
export async function doMainJob(t: Test, client: Client, line: string, answer = /List the files/): Promise<string> {
  const isOnline = async () => (await client.agents())[0]?.online === true
  await waitUntil('the agent to connect', isOnline, 120_000)
  const shell = await client.send('agent-1', { command_type: 'shell', command: line, timeout_seconds: 120 })
  const printed = (await client.ended(shell.id)).result
  t.match(printed, { exit_code: 0, error: null }, JSON.stringify(printed))
  const task = { command_type: { claude_task: { task: 'List the files' } }, timeout_seconds: 300 }
  const asked = await client.send('agent-1', task)
  const { result } = await client.ended(asked.id)
  t.match(result, { exit_code: 0, stdout: answer, plugin: 'claude_task' }, JSON.stringify(result))
  return printed?.stdout ?? ''
}
