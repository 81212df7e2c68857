import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../helpers/wait-until.ts'
import { startRelay } from './relay.ts'
import { LONG, row } from './rows.ts'

/** Commands that end after their server is gone. */
const OUTLIVING = 'sleep 1; echo done'

row('server killed and started again', {}, async (row) => {
  const server = await row.server({ misbehaviour: { loseAck: 0.3, repeatEnded: 0.1 } })
  const relay = await startRelay(server)
  row.t.teardown(() => relay.close())
  const site = await row.site({ serverUrl: relay.url })
  const life = site.start()
  for (let round = 0; round < (LONG ? 20 : 5); round++) {
    await server.untilConnected()
    for (let each = 0; each < 5; each++)
      server.give(site.command(`s${round}-${each}`, row.random.pick(['echo done', 'sleep 0.4'])))
    await sleep(row.random.between(0, 500))
    await relay.kill()
    row.injected()
    await sleep(row.random.between(0, 600))
    await relay.restart()
  }
  await row.settle(site, server, life)
})

row('server away for long', {}, async (row) => {
  const server = await row.server()
  // The whole absence of a real one, shrunk: the waits between attempts reach their upper bound many times.
  const site = await row.site({
    serverUrl: server.url,
    config: { server: { url: server.url, tokenFile: './token', reconnect: { minSeconds: 0.05, maxSeconds: 2 } } },
  })
  const life = site.start()
  await server.untilConnected()
  for (let each = 0; each < 30; each++) server.give(site.command(`a${each}`, OUTLIVING))
  await waitUntil('all to be taken', () => server.acks.length === 30)
  await server.vanish()
  row.injected()
  await sleep(LONG ? 120_000 : 12_000)
  row.t.equal(server.results.length, 0, 'all results were made while nobody was there')
  row.t.match(JSON.parse(await site.cli('status', '--json')), { outbox: 30, server: { state: /waiting|connecting/ } })
  const backAt = performance.now()
  await server.comeBack()
  await server.untilConnected()
  const seconds = (performance.now() - backAt) / 1000
  row.t.ok(seconds < 30, 'the agent comes back', { seconds })
  await server.allAnswered()
  const sent = server.results.map(({ id }) => id)
  row.t.strictSame(sent, endsIn(life.output()), 'the outbox is sent once, oldest first')
  await row.settle(site, server, life)
})

/** The order in which commands ended, as the agent's log tells it. */
function endsIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => line.includes('"command ended"'))
  return lines.map((line) => (JSON.parse(line) as { command: string }).command)
}

row('agents whose server comes back do not return all at once', {}, async (row) => {
  const server = await row.server()
  const agents = LONG ? 12 : 5
  const reconnect = { minSeconds: 4, maxSeconds: 4 }
  const config = { server: { url: server.url, tokenFile: './token', reconnect } }
  const sites = await Promise.all(Array.from({ length: agents }, () => row.site({ serverUrl: server.url, config })))
  const lives = sites.map((site) => site.start())
  await waitUntil('all agents', () => server.connections.length >= agents, 60_000)
  await server.vanish()
  await server.comeBack()
  row.injected(agents)
  await waitUntil('all agents again', () => server.connections.length >= 2 * agents, 60_000)
  const back = server.connections.slice(agents)
  const spread = Math.max(...back) - Math.min(...back)
  row.t.ok(spread > 400, 'they spread over the span of the backoff', { spread })
  for (const life of lives) life.kill('SIGTERM')
  for (const { ended } of lives) row.t.strictSame(await ended, { code: 0, signal: null })
})

row('frozen server (SIGSTOP)', {}, async (row) => {
  const server = await row.server({ heartbeatSeconds: 1 })
  const relay = await startRelay(server)
  row.t.teardown(() => relay.close())
  const site = await row.site({ serverUrl: relay.url })
  const life = site.start()
  for (let round = 0; round < (LONG ? 5 : 1); round++) {
    await server.untilConnected()
    const connections = server.connections.length
    for (let each = 0; each < 5; each++) server.give(site.command(`f${round}-${each}`, OUTLIVING))
    await waitUntil('them to be taken', () => server.acks.length >= 5 * (round + 1))
    relay.signal('SIGSTOP')
    row.injected()
    await waitUntil('it to be noticed', () => life.output().split('PEER_DEAD').length > round + 1)
    relay.signal('SIGCONT')
    await waitUntil('the agent to be back', () => server.connections.length > connections)
  }
  await row.settle(site, server, life)
})

row('connection reset (RST)', {}, async (row) => {
  const server = await row.server({ misbehaviour: { loseAck: 0.2 } })
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  for (let round = 0; round < (LONG ? 30 : 8); round++) {
    await server.untilConnected()
    for (let each = 0; each < 5; each++) server.give(site.command(`r${round}-${each}`, 'sleep 0.1; echo done'))
    await sleep(row.random.between(0, 300))
    const before = server.connections.length
    server.reset()
    row.injected()
    await waitUntil('the agent to be back', () => server.connections.length > before)
  }
  await row.settle(site, server, life)
})
