import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import { cli } from '../core/cli/cli.ts'
import { startFakeAnthropic } from '../helpers/fake-anthropic/server.ts'
import { startAgent } from '../helpers/processes.ts'
import { startReferenceServer } from '../helpers/reference-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import { CWD } from './real.ts'

const write = (name: string) => ({
  calls: [{ name: 'Write', input: { file_path: `${CWD}/${name}`, content: name } }],
})
const NAMES = ['approved.txt', 'denied.txt', 'unanswered.txt']

/** A real agent, server and CLI; a person is asked before any file is written. */
async function askingAgent(t: Test, limits: object = {}) {
  const cliPath = await ensureClaudeCli({ say: (line) => t.comment(line) })
  const fake = await startFakeAnthropic({ scenarios: { default: [...NAMES.map(write), { text: 'All tried.' }] } })
  t.teardown(() => fake.close())
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gururmm-ask-')))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const base = join(folder, 'base')
  mkdirSync(base)
  writeFileSync(join(folder, 'key'), 'sk-ant-api03-approvals', { mode: 0o600 })
  const security = {
    baseDirectories: [{ path: base, access: 'read-write' }],
    defaultProfile: 'maintain',
    approvalSeconds: 15,
    profiles: { maintain: { rules: { 'ask-first': { decision: 'ask', tools: ['Write'] } } } },
  }
  const config = { cliPath, apiKeyFile: join(folder, 'key'), environment: { ANTHROPIC_BASE_URL: fake.url }, security }
  const server = await startReferenceServer(t)
  const plugins = { claude_task: { config, limits: { claude_task: limits } } }
  const agent = await startAgent(t, { serverUrl: server.url, config: { plugins } })
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  const send = () => server.client.send('agent-1', { command_type: { claude_task: { task: 'Write three files' } } })
  const question = async (of: string) => {
    const find = async () => (await server.client.approvals()).find(({ commandId }) => commandId === of)
    await waitUntil('the question', async () => (await find()) !== undefined)
    return (await find()) as NonNullable<Awaited<ReturnType<typeof find>>>
  }
  return { ...server, agent, base, send, question }
}

t.test('an operator’s answer decides about a tool use; none is a no', async (t) => {
  const { client, agent, base, send, question } = await askingAgent(t)
  const { id } = await send()
  for (const approved of [true, false]) {
    const asked = await question(id)
    t.match(asked, { tool: 'Write', rule: /rules\.ask-first$/ })
    await client.decide(asked.id, approved)
  }
  const { result } = await client.ended(id)
  t.match(result, { exit_code: 0, stdout: 'All tried.' })
  const decisions = [
    { tool: 'Write', target: /approved\.txt$/, decision: 'allow', by: 'olga' },
    { tool: 'Write', target: /denied\.txt$/, decision: 'deny', by: 'olga' },
    { tool: 'Write', target: /unanswered\.txt$/, decision: 'deny' },
  ]
  t.match(result?.data, { decisions })
  t.equal(readFileSync(join(base, 'approved.txt'), 'utf8'), 'approved.txt')
  for (const name of NAMES.slice(1)) t.notOk(existsSync(join(base, name)), name)
  const { stdout } = await cli(agent.folder, ['history', 'show', id])
  t.match(stdout, /Write .*approved\.txt .*allow .*olga/)
})

t.test('two tasks run at once, a third is refused; the hour counts on after a kill', async (t) => {
  const limits = { concurrent: 2, queued: 0, rate: { count: 2, windowSeconds: 3600 } }
  const { client, agent, agents, send, question } = await askingAgent(t, limits)
  const running = [await send(), await send()]
  for (const { id } of running) await question(id)
  const third = await client.ended((await send()).id)
  t.match(third.result, { exit_code: -1, error: { code: 'LIMIT_CONCURRENT', retry_after_seconds: Number } })
  agent.kill('SIGKILL')
  await agent.ended
  await agent.startAgain()
  await waitUntil('the agent', () => agents.get('agent-1')?.session != null)
  for (const { id } of running)
    t.match((await client.ended(id)).result, { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED' } })
  const fourth = await client.ended((await send()).id)
  t.match(fourth.result, { exit_code: -1, error: { code: 'LIMIT_RATE', retry_after_seconds: Number } })
})
