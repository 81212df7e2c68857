import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../helpers/wait-until.ts'
import { LONG, row } from './rows.ts'

row('duplicates, reordering, results sent again', {}, async (row) => {
  const server = await row.server({ misbehaviour: { loseAck: 0.5, repeat: 0.5, repeatEnded: 0.5 } })
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  for (let round = 0; round < (LONG ? 40 : 8); round++) {
    await server.untilConnected()
    for (let each = 0; each < 10; each++)
      server.give(site.command(`d${round}-${each}`, row.random.pick(['', 'sleep 0.1'])))
    // Each reconnect sends what was not answered, and half of the rest, in an order of its own.
    await sleep(row.random.between(0, 200))
    const before = server.connections.length
    server.drop()
    row.injected()
    await waitUntil('the agent to be back', () => server.connections.length > before)
  }
  await server.allAnswered()
  const results = server.results.length
  await server.untilConnected()
  row.t.ok(results > server.commands.size, 'results were sent again', { results, commands: server.commands.size })
  await row.settle(site, server, life)
})

row('the same id with another payload', {}, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await server.untilConnected()
  for (const [id, then] of [
    ['ended', ''],
    ['running', 'sleep 2'],
  ] as const) {
    server.give(site.command(id, then))
    if (id === 'ended') await server.resultOf(id)
    else await waitUntil('it to run', () => site.executions().includes(id))
    server.raw({ type: 'command', payload: site.command(id, 'echo another') })
    row.injected()
    await waitUntil('the refusal', () => server.acks.some((ack) => ack.id === id && ack.code === 'COMMAND_ID_REUSED'))
  }
  await row.settle(site, server, life)
})

row('cancel before, in the queue, while running, after the end', {}, async (row) => {
  const server = await row.server({ misbehaviour: { repeat: 0.2 } })
  const limits = { maxConcurrentCommands: 4, maxQueuedCommands: 64 }
  const site = await row.site({ serverUrl: server.url, config: { limits } })
  const life = site.start()
  await server.untilConnected()
  for (let each = 0; each < 4; each++) server.give(site.command(`running${each}`, 'sleep 60'))
  await waitUntil('them to run', () => site.executions().length === 4)
  for (let each = 0; each < 10; each++) server.give(site.command(`queued${each}`, 'sleep 60'))
  for (let each = 0; each < 5; each++) {
    server.cancel(`before${each}`)
    server.give(site.command(`before${each}`, 'sleep 60'))
  }
  const ids = [...server.commands.keys()]
  for (const id of row.random.shuffled([...ids, ...ids])) server.cancel(id)
  row.injected(2 * ids.length + 5)
  await server.allAnswered()
  for (const id of ids) {
    row.t.match(await server.resultOf(id), { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } }, id)
    row.t.equal(site.executions().includes(id), id.startsWith('running'), `${id} ran only if it was running`)
  }
  for (const id of ids) server.cancel(id)
  await row.settle(site, server, life)
})

row('expired on arrival and while waiting', {}, async (row) => {
  const server = await row.server({ misbehaviour: { repeat: 0.5 } })
  const limits = { maxConcurrentCommands: 1, maxQueuedCommands: 64 }
  const site = await row.site({ serverUrl: server.url, config: { limits } })
  const life = site.start()
  await server.untilConnected()
  server.give(site.command('first', 'sleep 3'))
  await waitUntil('it to run', () => site.executions().length === 1)
  const inMs = (ms: number): object => ({ expires_at: new Date(Date.now() + ms).toISOString() })
  server.give(site.command('late', '', inMs(-1000)))
  server.give(site.command('waiting', '', inMs(1000)))
  server.give(site.command('unreadable', '', { expires_at: 'tomorrow or so' }))
  row.injected(3)
  await server.allAnswered()
  for (const id of ['late', 'waiting', 'unreadable']) {
    row.t.match(await server.resultOf(id), { exit_code: -1 }, id)
    row.t.notOk(site.executions().includes(id))
  }
  await row.settle(site, server, life)
})
