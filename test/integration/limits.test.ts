import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createClient } from '../../examples/server/client.ts'
import { fixtureFolder, UNWITHHELD } from '../helpers/isolated-host.ts'
import { startAgent } from '../helpers/processes.ts'
import { startReferenceServer, TOKENS } from '../helpers/reference-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const OTHER_TOKEN = 'operator-token-of-bob-0123456789'

/** An agent with the plugin `meter` under limits, and two operators who use it. */
async function metered(t: Test, limits: object) {
  const operators = [...TOKENS.operators, { token: OTHER_TOKEN, user: 'bob', role: 'trainee' }]
  const server = await startReferenceServer(t, { tokens: { ...TOKENS, operators } })
  const plugins = { meter: { use: fixtureFolder(t, 'meter'), permissions: UNWITHHELD, limits: { meter: limits } } }
  const agent = await startAgent(t, { serverUrl: server.url, config: { plugins } })
  // Plugins may run as another user, who must get to their data
  chmodSync(agent.folder, 0o755)
  await waitUntil('the agent', () => server.agents.get('agent-1')?.session != null)
  const clients = { olga: server.client, bob: createClient({ url: server.httpUrl, token: OTHER_TOKEN }) }
  const ask = async (user: keyof typeof clients, cost = 0) => {
    const { id } = await clients[user].send('agent-1', { command_type: { meter: { cost } } })
    return (await clients[user].ended(id)).result
  }
  const restart = async () => {
    agent.kill('SIGKILL')
    await agent.startAgain()
  }
  return { agent, ask, restart }
}

t.test('each user’s and role’s windows are their own, and survive a kill', async (t) => {
  const day = { windowSeconds: 86_400 }
  const { ask, restart } = await metered(t, {
    perUser: { rate: { count: 2, ...day } },
    perRole: { trainee: { rate: { count: 1, ...day } } },
  })
  t.match(await ask('olga'), { exit_code: 0 })
  t.match(await ask('bob'), { exit_code: 0 })
  t.match(await ask('olga'), { exit_code: 0 })
  await restart()
  const file = 'agent.config.json: plugins.meter.limits.meter'
  t.match(await ask('olga'), { exit_code: -1, error: { code: 'LIMIT_RATE', rule: `${file}.perUser.rate` } })
  const refused = await ask('bob')
  t.match(refused, { error: { code: 'LIMIT_RATE', rule: `${file}.perRole.trainee.rate`, message: /the role trainee/ } })
  const seconds = refused?.error?.retry_after_seconds ?? 0
  t.ok(seconds > 80_000 && seconds <= 86_400, `try again in ${seconds} s`)
})

t.test('the day’s budget is one line of the config, and survives a kill', async (t) => {
  const { agent, ask, restart } = await metered(t, { usage: { costUsd: { max: 1, windowSeconds: 86_400 } } })
  t.match(await ask('olga', 0.6), { exit_code: 0, usage: { costUsd: 0.6 } })
  t.match(await ask('bob', 0.5), { exit_code: 0 }, 'what it will cost is not known before')
  t.match(await ask('olga', 0.1), { error: { code: 'LIMIT_USAGE', message: /may use 1 costUsd .* used 1\.1;/ } })
  await restart()
  t.match(await ask('bob'), { error: { code: 'LIMIT_USAGE', rule: /limits\.meter\.usage\.costUsd$/ } })

  const config = JSON.parse(readFileSync(agent.configFile, 'utf8'))
  config.plugins.meter.limits.meter.usage.costUsd.max = 2
  writeFileSync(agent.configFile, JSON.stringify(config))
  await waitUntil('the raised budget', async () => (await ask('olga'))?.exit_code === 0)
})
