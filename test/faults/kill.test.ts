import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAILPOINTS, type Failpoint } from '../../core/journal/failpoints.ts'
import type { Random } from './random.ts'
import { LONG, type Row, row } from './rows.ts'
import type { FaultServer } from './server.ts'
import type { Life, Site } from './site.ts'

/** Which passing of a failpoint is the deadly one. */
const COUNTS = LONG ? [1, 2, 3, 5, 8, 13, 21, 34] : [1, 4]
const RANDOM_KILLS = LONG ? 120 : 8
const MISBEHAVIOUR = { loseAck: 0.3, repeat: 0.1, repeatEnded: 0.05 }

/** Steps that only a damaged journal comes to. */
const OF_DAMAGE: readonly Failpoint[] = ['journal-damage-found', 'journal-set-aside', 'journal-salvaged']
/** How long a life may take to come to a rare passing of its failpoint, ms; then it is ended like any other. */
const PATIENCE_MS = 2500
/** The first passing of each failpoint is what the row is about, so it is waited for, ms. */
const FIRST_PASSING_MS = 180_000

let given = 0

/** Gives commands of all kinds, a few at a time, until the life is over. */
async function feed(site: Site, server: FaultServer, life: Life, random: Random, bulky = false): Promise<void> {
  while (!life.isOver) {
    // A full journal leaves out outputs of results that wait, and forgets old ids: one command at a time keeps to what it promises.
    if (bulky && server.connected) await server.allAnswered(2000)
    if (server.connected) {
      for (let left = bulky ? 1 : random.between(1, 4); left > 0; left--) giveOne(site, server, random, bulky)
    }
    await sleep(random.between(10, 80))
  }
}

function giveOne(site: Site, server: FaultServer, random: Random, bulky: boolean): void {
  const id = `c${++given}`
  const kind = random.next()
  if (bulky) server.give(site.command(id, `head -c ${random.pick([8000, 8000, 30_000])} /dev/urandom | od -An -tx1`))
  else if (kind < 0.55) server.give(site.command(id, 'echo done'))
  else if (kind < 0.75) server.give(site.command(id, 'sleep 0.3; echo done'))
  else if (kind < 0.85) server.give(site.command(id, '(setsid sleep 60 >/dev/null 2>&1 &); echo done'))
  else if (kind < 0.9) server.give(site.command(id, 'exit 3'))
  else {
    server.give(site.command(id, 'sleep 60'))
    setTimeout(() => server.cancel(id), random.between(0, 800)).unref()
  }
}

/** When a life ends: at a passing of a failpoint, or so many ms after its start began or was over. */
type Death =
  | { readonly failpoint: Failpoint; readonly passing: number }
  | { readonly afterMs: number }
  | { readonly afterStartMs: number }

/** One life, from its start to its death; checks what the one before left. `diedThere`: at the failpoint that was named. */
async function live(
  { random, gone }: Row,
  site: Site,
  server: FaultServer,
  death: Death,
  bulky = false,
): Promise<{ diedThere: boolean }> {
  const before = site.survivors()
  const env = 'failpoint' in death ? { GURURMM_FAILPOINT: `${death.failpoint}:${death.passing}` } : {}
  const life = site.start({ env })
  const feeding = feed(site, server, life, random, bulky)
  let killed = false
  const timers: NodeJS.Timeout[] = []
  const kill = (ms: number): void => {
    timers.push(setTimeout(endLife, ms))
  }
  function endLife(): void {
    killed = true
    life.kill()
  }
  if ('afterMs' in death) kill(death.afterMs)
  if (await life.started) {
    if ('afterStartMs' in death) kill(death.afterStartMs)
    if ('failpoint' in death) {
      if (death.failpoint === 'journal-closing') timers.push(setTimeout(() => life.kill('SIGTERM'), 300))
      kill(death.passing === COUNTS[0] ? FIRST_PASSING_MS : bulky ? 4 * PATIENCE_MS : PATIENCE_MS)
    }
    await gone(site, before)
  }
  const { signal } = await life.ended
  for (const timer of timers) clearTimeout(timer)
  await feeding
  return { diedThere: !killed && signal === 'SIGKILL' }
}

/** The last life answers everything; long runs that were lost their cancel are ended. */
async function lastLife(row: Row, site: Site, server: FaultServer, journal = true): Promise<void> {
  const before = site.survivors()
  const life = site.start()
  row.t.ok(await life.started, 'the agent starts after all that', { output: life.isOver ? life.output() : '' })
  await row.gone(site, before)
  await server.untilConnected()
  for (const id of server.commands.keys()) server.cancel(id)
  await row.settle(site, server, life, { journal })
}

/** Takes the heads of database and log: with one of them left, SQLite would find its way. */
function damage(site: Site): void {
  for (const [name, bytes] of Object.entries({ 'journal.db': 100, 'journal.db-wal': 32 })) {
    const file = openSync(join(site.dataDir, 'journal', name), 'r+')
    writeSync(file, Buffer.alloc(bytes), 0, bytes, 0)
    closeSync(file)
  }
}

for (const failpoint of FAILPOINTS) {
  row(`SIGKILL at ${failpoint}`, { counted: `SIGKILL at each of ${FAILPOINTS.length} failpoints` }, async (row) => {
    const bulky = failpoint === 'journal-pruned'
    // A result that waits may lose its output where the journal is full; repeats of it differ then, which is not what is tested.
    const server = await row.server(bulky ? {} : { misbehaviour: MISBEHAVIOUR })
    const site = await row.site({
      serverUrl: server.url,
      config: { journal: { maxBytes: bulky ? 1_048_576 : 67_108_864 } },
    })
    for (const count of COUNTS) {
      const ofDamage = OF_DAMAGE.includes(failpoint)
      if (ofDamage) {
        await live(row, site, server, { afterStartMs: 400 })
        damage(site)
      }
      const passing = ofDamage ? 1 : count
      const { diedThere } = await live(row, site, server, { failpoint, passing }, bulky)
      row.injected()
      if (passing === COUNTS[0]) row.t.ok(diedThere, `${failpoint} is come to`)
      else row.t.comment(`passing ${passing} of ${failpoint}: ${diedThere ? 'come to' : 'not come to'}`)
    }
    await lastLife(row, site, server, !bulky)
  })
}

for (const containment of ['auto', 'pid_namespace', 'process_group'] as const) {
  row(`SIGKILL at random, containment ${containment}`, { root: true }, async (row) => {
    const server = await row.server({ misbehaviour: MISBEHAVIOUR })
    const site = await row.site({ serverUrl: server.url, containment })
    for (let kills = 0; kills < RANDOM_KILLS; kills++) {
      // A start takes about 250 ms; some deaths are to come before its end.
      await live(row, site, server, { afterMs: row.random.between(50, 1200) })
      row.injected()
    }
    await lastLife(row, site, server)
  })
}
