import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { waitUntil } from '../helpers/wait-until.ts'
import { realAgent } from './real.ts'

const HOUR = 3600

t.test('ten tasks an hour are allowed where the config says nothing; a restart changes nothing', async (t) => {
  const { client, fake, restart, send } = await realAgent(t)
  const run = async () => (await client.ended((await send('Say hello')).id)).result
  // As many at once as may be.
  for (let pair = 0; pair < 5; pair++) {
    for (const result of await Promise.all([run(), run()])) t.match(result, { exit_code: 0, error: null })
  }
  const requests = fake.requests.length
  const refused = {
    exit_code: -1,
    error: {
      code: 'LIMIT_RATE',
      rule: 'default of the plugin claude_task: commands.claude_task.limits.rate',
      message:
        /^Refused, not run: 10 claude_task commands in 3600 s are allowed and as many have started; try again in \d+ s\.$/,
    },
  }
  const secondsLeft = async () => {
    const result = await run()
    t.match(result, refused)
    t.match(result?.stderr, refused.error.message)
    return result?.error?.retry_after_seconds ?? 0
  }
  const before = await secondsLeft()
  t.ok(before > 0 && before <= HOUR, `try again in ${before} s`)
  await restart('SIGTERM')
  const after = await secondsLeft()
  t.ok(after > 0 && after <= before, `after the restart in ${after} s`)
  t.equal(fake.requests.length, requests, 'nothing was asked of the API')
})

t.test('a user who has had theirs is refused, others are not', async (t) => {
  const { client, send } = await realAgent(t, { limits: { perUser: { rate: { count: 1, windowSeconds: HOUR } } } })
  const run = async (user: 'olga' | 'bob') => (await client.ended((await send('Say hello', user)).id)).result
  t.match(await run('olga'), { exit_code: 0, error: null })
  t.match(await run('olga'), {
    exit_code: -1,
    error: {
      code: 'LIMIT_RATE',
      rule: 'agent.config.json: plugins.claude_task.limits.claude_task.perUser.rate',
      message: /claude_task commands of the user olga in 3600 s are allowed/,
      retry_after_seconds: Number,
    },
  })
  t.match(await run('bob'), { exit_code: 0, error: null })
})

t.test('what a task cost counts against the day’s ceiling, also where it was cancelled', async (t) => {
  const steps = [{ calls: [{ name: 'Glob', input: { pattern: '*' } }] }, { hang: true }]
  const usage = { costUsd: { max: 0.000_001, windowSeconds: 24 * HOUR } }
  const { client, fake, send } = await realAgent(t, { scenarios: { default: steps }, limits: { usage } })
  const { id } = await send('Say hello')
  await waitUntil('the answer that never comes', () => fake.requests.length === 2)
  // The CLI has a second to say what the first one cost.
  await sleep(1000)
  await client.cancel(id)
  const { result } = await client.ended(id)
  t.match(result, { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } })
  t.ok((result?.usage?.costUsd ?? 0) > 0.001, `it cost ${result?.usage?.costUsd}`)
  const refused = await client.ended((await send('Say hello')).id)
  t.match(refused.result, { exit_code: -1, error: { code: 'LIMIT_USAGE', retry_after_seconds: Number } })
})
