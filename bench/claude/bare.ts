import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { argumentsFor, settingsFor } from '../../plugins/claude-task/command-line.ts'
import { environmentFor } from '../../plugins/claude-task/environment.ts'
import { policyFor } from '../../plugins/claude-task/policy/task-policy.ts'
import { promptFor } from '../../plugins/claude-task/task-text.ts'
import { configWith } from '../../test/plugins/claude-task/settings.ts'
import { type Place, TASK } from './place.ts'

/** Runs the CLI alone, with a task's flags and variables, in folders as new as a task's. Resolves to the ms that it took. */
export async function runBare({ cliPath, apiUrl, root, base, configOf }: Place): Promise<number> {
  const config = configWith({ ...configOf('off') })
  const policy = policyFor(config.security, { user: null, role: null }, null)
  const [home, settings, temp] = ['home', 'config', 'tmp'].map((name) => mkdtempSync(path.join(root, name))) as [
    string,
    string,
    string,
  ]
  const settingsFile = path.join(settings, 'settings.json')
  writeFileSync(settingsFile, JSON.stringify(settingsFor(policy, [], 'none')))
  const access = { variable: 'ANTHROPIC_API_KEY', token: 'sk-bench', url: apiUrl, socket: null }
  const env = environmentFor(config, policy, { home, config: settings, temp }, access)
  const startedAt = performance.now()
  const child = spawn(cliPath, argumentsFor(policy, settingsFile), {
    cwd: base,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.write(`${JSON.stringify({ type: 'user', message: { role: 'user', content: promptFor(TASK, []) } })}\n`)
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"type":"result"')) child.stdin.end()
  }
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`the bare CLI ended with ${child.exitCode}`)
  return performance.now() - startedAt
}
