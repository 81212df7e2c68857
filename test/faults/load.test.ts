import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../helpers/wait-until.ts'
import { LONG, row } from './rows.ts'
import type { SeenHeartbeat } from './server.ts'
import type { Life, Site } from './site.ts'

const MIB = 1024 * 1024
const BURST = 10_000

/** By then an agent has loaded what it needs, and keeps its memory small. */
const SETTLED_MS = 8000

/** Resident memory in bytes. */
function memoryOf(life: Life): number {
  const status = readFileSync(`/proc/${life.pid()}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** Looks at the memory all the time until `done`; the most that was seen, in bytes. */
async function mostMemory(life: Life, done: Promise<unknown>): Promise<number> {
  let most = 0
  let over = false
  void done.finally(() => {
    over = true
  })
  while (!over) {
    most = Math.max(most, memoryOf(life))
    await sleep(50)
  }
  return most
}

/** The longest lag that a heartbeat told, and the longest pause between two, in ms. */
function worstOf(heartbeats: readonly SeenHeartbeat[]): { lag: number; pause: number } {
  const pauses = heartbeats.slice(1).map((beat, at) => beat.at - (heartbeats[at]?.at ?? beat.at))
  return { lag: Math.max(...heartbeats.map((beat) => beat.event_loop_lag_ms ?? 0)), pause: Math.max(0, ...pauses) }
}

/** What the server can't see while it does not read. */
async function untilIdle(site: Site): Promise<void> {
  await waitUntil(
    'all to end',
    async () => {
      const { running, queued } = JSON.parse(await site.cli('status', '--json'))
      return running + queued === 0
    },
    120_000,
  )
}

row(`burst of ${BURST} commands`, {}, async (row) => {
  for (let round = 0; round < (LONG ? 3 : 1); round++) {
    const server = await row.server()
    const site = await row.site({ serverUrl: server.url })
    const life = site.start()
    await server.untilConnected()
    // What a first command loads is not growth.
    for (let each = 0; each < 50; each++) server.give(site.command(`warm${round}-${each}`))
    await server.allAnswered()
    await sleep(SETTLED_MS)
    const before = memoryOf(life)
    const from = server.heartbeats.length
    for (let each = 0; each < BURST; each++) server.give(site.command(`b${round}-${each}`))
    row.injected()
    const most = await mostMemory(life, server.allAnswered(120_000))
    const { lag, pause } = worstOf(server.heartbeats.slice(from))
    const growth = Math.round((most - before) / MIB)
    row.measured({ lagMs: lag, pauseMs: pause, growthMiB: growth })
    row.t.ok(lag < 1000, 'the p99 lag that heartbeats tell stays below 1 s', { lag })
    row.t.ok(growth < 50, 'memory grows by less than 50 MB', { growth })
    const codes = Object.groupBy(server.results, ({ text }) => /"code":"(\w+)"/.exec(text)?.[1] ?? 'none')
    const counts = Object.entries(codes).map(([code, found]) => [code, found?.length ?? 0] as const)
    row.t.comment(counts.map(([code, count]) => `${code}: ${count}`).join(', '))
    row.t.ok((codes.LIMIT_QUEUE?.length ?? 0) > 0, 'the queue is bounded: what does not fit is refused')
    row.t.equal(server.results.length, server.commands.size, 'each is answered once')
    await row.settle(site, server, life)
  }
})

row('slow consumer', {}, async (row) => {
  const server = await row.server({ heartbeatSeconds: 10 })
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await server.untilConnected()
  for (let each = 0; each < 10; each++) server.give(site.command(`warm${each}`, 'head -c 300000 /dev/zero'))
  await server.allAnswered()
  await sleep(SETTLED_MS)
  const before = memoryOf(life)
  server.pause()
  row.injected()
  const count = LONG ? 200 : 60
  for (let each = 0; each < count; each++) {
    // Up to a hundred megabytes of news, and tens of megabytes of results, for a server that does not read.
    server.give(site.command(`s${each}`, 'head -c 3000000 /dev/zero | tr "\\0" x'))
    await sleep(50)
  }
  const most = await mostMemory(
    life,
    untilIdle(site).then(() => sleep(3000)),
  )
  const growth = Math.round((most - before) / MIB)
  row.measured({ growthMiB: growth })
  row.t.ok(growth < 100, 'memory is bounded', { growth })
  server.resume()
  await server.allAnswered()
  await row.settle(site, server, life)
})

row('1 GB of output', { needs: ['head'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await server.untilConnected()
  server.give(site.command('warm', 'head -c 3000000 /dev/zero'))
  await server.allAnswered()
  const before = memoryOf(life)
  const bytes = 1024 * MIB
  const streams = LONG ? ['stdout', 'stderr'] : ['stdout']
  for (const stream of streams) {
    const from = server.heartbeats.length
    server.give(
      site.command(`huge-${stream}`, `head -c ${bytes} /dev/zero | tr '\\0' x ${stream === 'stderr' ? '>&2' : ''}`),
    )
    row.injected()
    const answered = server.resultOf(`huge-${stream}`, 120_000)
    const most = await mostMemory(life, answered)
    const result = await answered
    const cut = result.truncation?.[stream as 'stdout']
    const { lag } = worstOf(server.heartbeats.slice(from))
    const growth = Math.round((most - before) / MIB)
    row.measured({ lagMs: lag, growthMiB: growth })
    row.t.match(result, { exit_code: 0, error: null })
    row.t.equal(cut?.total_bytes, bytes, 'the true number of bytes is told')
    row.t.ok((cut?.dropped_bytes ?? 0) > 1000 * MIB)
    row.t.ok(growth < 100, 'memory is bounded', { growth })
    row.t.ok(lag < 1000, 'heartbeats are not starved', { lag })
  }
  await row.settle(site, server, life)
})
