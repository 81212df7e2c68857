import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createClient } from '../../examples/server/client.ts'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import type { Scenarios } from '../helpers/fake-anthropic/scenarios.ts'
import { startFakeAnthropic } from '../helpers/fake-anthropic/server.ts'
import { startAgent } from '../helpers/processes.ts'
import { startReferenceServer, TOKENS } from '../helpers/reference-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import { type TaskTestOptions, taskTest } from '../plugins/claude-task/task.ts'

/** Stands for the working directory in a scenario. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the stand-in fills it in
export const CWD = '${cwd}'

export interface RealTestOptions extends TaskTestOptions {
  /** What the "model" does, by the name in a task's `fake-scenario:NAME`. */
  readonly scenarios?: Scenarios
}

/** {@link taskTest} with the real CLI, which talks to a stand-in for the API on loopback. */
export async function realTest(t: Test, { scenarios = {}, ...options }: RealTestOptions = {}) {
  const cliPath = await ensureClaudeCli({ say: (line) => t.comment(line) })
  const fake = await startFakeAnthropic({ scenarios })
  t.teardown(() => fake.close())
  const environment = { ANTHROPIC_BASE_URL: fake.url, ...options.environment }
  const task = await taskTest(t, { cliPath, ...options, environment })
  return { ...task, fake, cliPath, sent: () => fake.requests.map(({ raw }) => raw).join('\n') }
}

export interface RealAgentOptions extends Pick<RealTestOptions, 'scenarios'> {
  /** Laid over the config's `security`. */
  readonly security?: object
  /** Of the command type. Default: none, so that the plugin's own hold. */
  readonly limits?: object
}

const BOB_TOKEN = 'operator-token-of-bob-0123456789'

/** A real agent and server, and the real CLI with the stand-in; the operators olga and bob send tasks. */
export async function realAgent(t: Test, { scenarios = {}, security, limits }: RealAgentOptions = {}) {
  const cliPath = await ensureClaudeCli({ say: (line) => t.comment(line) })
  const fake = await startFakeAnthropic({ scenarios })
  t.teardown(() => fake.close())
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-real-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const base = join(folder, 'base')
  mkdirSync(base)
  writeFileSync(join(folder, 'key'), 'sk-ant-api03-real-agent', { mode: 0o600 })
  const config = {
    ...{ cliPath, apiKeyFile: join(folder, 'key'), environment: { ANTHROPIC_BASE_URL: fake.url } },
    security: { baseDirectories: [{ path: base, access: 'read-write' }], ...security },
  }
  const operators = [...TOKENS.operators, { token: BOB_TOKEN, user: 'bob', role: 'technician' }]
  const server = await startReferenceServer(t, { tokens: { ...TOKENS, operators } })
  const plugins = { claude_task: { config, ...(limits && { limits: { claude_task: limits } }) } }
  const agent = await startAgent(t, { serverUrl: server.url, config: { plugins } })
  const connected = () => waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  await connected()
  const clients = { olga: server.client, bob: createClient({ url: server.httpUrl, token: BOB_TOKEN }) }
  return {
    ...{ client: server.client, agent, base, fake },
    send: (task: string, user: keyof typeof clients = 'olga') =>
      clients[user].send('agent-1', { command_type: { claude_task: { task } } }),
    async restart(signal: NodeJS.Signals) {
      agent.kill(signal)
      await agent.ended
      await waitUntil('the agent is away', () => server.agents.get('agent-1')?.session == null)
      await agent.startAgain()
      await connected()
    },
  }
}
