import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cli } from '../core/cli/cli.ts'
import { waitUntil } from '../helpers/wait-until.ts'
import { CWD, realAgent } from './real.ts'

const write = (name: string) => ({
  calls: [{ name: 'Write', input: { file_path: `${CWD}/${name}`, content: name } }],
})
const NAMES = ['approved.txt', 'denied.txt', 'unanswered.txt']
const RULE = 'security.profiles.maintain.rules.ask-first'

/** A person is asked before any file is written. */
async function askingAgent(t: Test, limits?: object) {
  const security = {
    defaultProfile: 'maintain',
    approvalSeconds: 10,
    profiles: { maintain: { rules: { 'ask-first': { decision: 'ask', tools: ['Write'] } } } },
  }
  const scenarios = { default: [...NAMES.map(write), { text: 'All tried.' }] }
  const real = await realAgent(t, { scenarios, security, ...(limits && { limits }) })
  const question = async (of: string) => {
    const find = async () => (await real.client.approvals()).find(({ commandId }) => commandId === of)
    await waitUntil('the question', async () => (await find()) !== undefined)
    return (await find()) as NonNullable<Awaited<ReturnType<typeof find>>>
  }
  return { ...real, question }
}

t.test(
  'an operator’s answer decides about a tool use; none is a no; the history names decision, rule and decider',
  async (t) => {
    const { client, agent, base, send, question } = await askingAgent(t)
    const { id } = await send('Write three files')
    for (const approved of [true, false]) {
      const asked = await question(id)
      t.match(asked, { tool: 'Write', rule: RULE })
      await client.decide(asked.id, approved)
    }
    const { result } = await client.ended(id)
    t.match(result, { exit_code: 0, stdout: 'All tried.' })
    const outcomes = [
      { decision: 'allow', by: 'olga' },
      { decision: 'deny', by: 'olga' },
      { decision: 'deny', by: 'nobody' },
    ]
    const decisions = outcomes.map((outcome, at) => {
      return { tool: 'Write', target: join(base, NAMES[at] ?? ''), rule: RULE, ...outcome }
    })
    const denials = [{ reason: /^olga refused it/ }, { reason: /^Nobody answered within 10 seconds/ }]
    t.match(result?.data, { decisions, denials })
    t.equal(readFileSync(join(base, 'approved.txt'), 'utf8'), 'approved.txt')
    for (const name of NAMES.slice(1)) t.notOk(existsSync(join(base, name)), name)

    const { stdout } = await cli(agent.folder, ['history', 'show', id])
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/).join(' '))
    for (const { tool, target, decision, rule, by } of decisions)
      t.ok(lines.includes(`${tool} ${target} ${decision} ${rule} ${by}`), `the history shows: ${decision} by ${by}`)
    const exported = (await cli(agent.folder, ['history', 'export'])).stdout.trim().split('\n')
    t.match(
      exported.map((line) => JSON.parse(line)),
      [{ id, user: 'olga', result: { data: { decisions, denials } } }],
    )
  },
)

t.test('two tasks run at once, a third is refused; the hour counts on after a kill', async (t) => {
  const limits = { concurrent: 2, queued: 0, rate: { count: 2, windowSeconds: 3600 } }
  const { client, restart, send, question } = await askingAgent(t, limits)
  const running = [await send('one'), await send('two')]
  for (const { id } of running) await question(id)
  const third = await client.ended((await send('three')).id)
  t.match(third.result, { exit_code: -1, error: { code: 'LIMIT_CONCURRENT', retry_after_seconds: Number } })
  await restart('SIGKILL')
  for (const { id } of running)
    t.match((await client.ended(id)).result, { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED' } })
  const fourth = await client.ended((await send('four')).id)
  t.match(fourth.result, { exit_code: -1, error: { code: 'LIMIT_RATE', retry_after_seconds: Number } })
})
