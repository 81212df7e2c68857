import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../helpers/wait-until.ts'
import { injectInto, limit, mountSmallDisk } from './inject.ts'
import { LONG, type Row, row } from './rows.ts'
import type { FaultServer } from './server.ts'
import type { Site } from './site.ts'

const ROUNDS = LONG ? 5 : 1

/** Holds while nothing can be recorded: refused with the code, said in heartbeat and status, old answers as they were. */
async function checkOutage(row: Row, site: Site, server: FaultServer, round: number): Promise<void> {
  const known = server.results.find(({ id }) => id === `well${round}-0`)
  const said = server.nextHeartbeat((beat) => beat.journal?.available === false)
  for (let each = 0; each < 10; each++) {
    server.give(site.command(`ill${round}-${each}`))
    await sleep(50)
  }
  for (let each = 0; each < 10; each++) {
    const result = await server.resultOf(`ill${round}-${each}`)
    row.t.match(result, { exit_code: -1, error: { code: 'JOURNAL_UNAVAILABLE' } }, result.stderr)
  }
  row.t.type((await said).journal?.reason, 'string', 'the heartbeat says why')
  row.t.match(JSON.parse(await site.cli('status', '--json')), { journal: { available: false, reason: String } })
  const results = server.results.length
  server.raw(JSON.parse(server.commands.get(`well${round}-0`) ?? '{}'))
  await waitUntil('the answer to a duplicate', () => server.results.length > results)
  row.t.equal(server.results.at(-1)?.text, known?.text, 'a duplicate gets its old answer')
}

/** Holds once the cause is gone. */
async function checkRecovery(row: Row, site: Site, server: FaultServer, round: number): Promise<void> {
  await server.nextHeartbeat((beat) => beat.journal?.available === true, 60_000)
  for (let each = 0; each < 5; each++) server.give(site.command(`again${round}-${each}`))
  for (let each = 0; each < 5; each++) row.t.match(await server.resultOf(`again${round}-${each}`), { exit_code: 0 })
  // Refused is refused: the same id gets the same answer now that it could run.
  const results = server.results.length
  server.raw(JSON.parse(server.commands.get(`ill${round}-0`) ?? '{}'))
  await waitUntil('the answer to a duplicate', () => server.results.length > results)
}

async function beWell(site: Site, server: FaultServer, round: number): Promise<void> {
  await server.untilConnected()
  for (let each = 0; each < 10; each++) server.give(site.command(`well${round}-${each}`, 'head -c 2000 /dev/zero | od'))
  await server.allAnswered()
}

/** A command that is running while the disk fails keeps its result. */
async function startLongOne(site: Site, server: FaultServer, round: number): Promise<void> {
  server.give(site.command(`long${round}`, 'sleep 3; echo done'))
  await waitUntil('it to run', () => site.executions().includes(`long${round}`))
}

row('disk full', { root: true, needs: ['mount', 'umount'] }, async (row) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-disk-'))
  const disk = await mountSmallDisk(path.join(folder, 'data'), 4)
  row.t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  row.t.teardown(() => disk.unmount())
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url, dataDir: disk.directory })
  let life = site.start()
  for (let round = 0; round < ROUNDS; round++) {
    await beWell(site, server, round)
    await startLongOne(site, server, round)
    disk.fill()
    row.injected()
    await checkOutage(row, site, server, round)
    row.t.match(await server.resultOf(`long${round}`), { exit_code: 0, stdout: 'done\n' })
    disk.empty()
    await checkRecovery(row, site, server, round)
  }
  // An agent that starts on a full disk is there, says so, and takes up its work later.
  disk.fill()
  row.injected()
  life.kill()
  await life.ended
  life = site.start()
  row.t.ok(await life.started, 'it starts on a full disk', { output: life.output() })
  await server.untilConnected()
  await server.nextHeartbeat((beat) => beat.journal?.available === false)
  server.give(site.command('full-start'))
  row.t.match(await server.resultOf('full-start'), { error: { code: 'JOURNAL_UNAVAILABLE' } })
  disk.empty()
  await server.nextHeartbeat((beat) => beat.journal?.available === true, 60_000)
  await row.settle(site, server, life)
})

row('I/O error (EIO) at every sync', { root: true, needs: ['strace'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  for (let round = 0; round < ROUNDS; round++) {
    await beWell(site, server, round)
    await startLongOne(site, server, round)
    const injection = await injectInto(life, 'fdatasync,fsync:error=EIO')
    row.injected()
    await checkOutage(row, site, server, round)
    row.t.match(await server.resultOf(`long${round}`), { exit_code: 0, stdout: 'done\n' })
    await injection.end()
    await checkRecovery(row, site, server, round)
  }
  await row.settle(site, server, life)
})

row('syncs that take 2 s', { root: true, needs: ['strace'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await beWell(site, server, 0)
  const injection = await injectInto(life, 'fdatasync,fsync:delay_exit=2000000')
  const from = server.heartbeats.length
  const until = performance.now() + (LONG ? 60_000 : 10_000)
  for (let each = 0; performance.now() < until; each++) {
    server.give(site.command(`slow${each}`))
    row.injected()
    await sleep(300)
  }
  const beats = server.heartbeats.slice(from)
  await injection.end()
  const lag = Math.max(...beats.map((beat) => beat.event_loop_lag_ms ?? 0))
  const pause = Math.max(...beats.slice(1).map((beat, at) => beat.at - (beats[at]?.at ?? beat.at)))
  row.measured({ lagMs: lag, pauseMs: pause })
  row.t.ok(lag < 1000, 'no stall reaches the event loop', { lag })
  row.t.ok(pause < 2000, 'no heartbeat waits for the disk', { pause })
  await row.settle(site, server, life)
})

row('file size limit (EFBIG)', { needs: ['prlimit'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await beWell(site, server, 0)
  limit(life, 'fsize=32768:')
  row.injected()
  await checkOutage(row, site, server, 0)
  limit(life, 'fsize=unlimited:')
  await checkRecovery(row, site, server, 0)
  await row.settle(site, server, life)
})

row('no file descriptors left (EMFILE)', { needs: ['prlimit'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  for (let round = 0; round < ROUNDS; round++) {
    await beWell(site, server, round)
    limit(life, 'nofile=5:')
    row.injected()
    for (let each = 0; each < 10; each++) server.give(site.command(`none${round}-${each}`))
    await server.allAnswered()
    // A shell that was started ahead of need has its descriptors already, and becomes the first one or two of these.
    const results = await Promise.all(Array.from({ length: 10 }, (_, each) => server.resultOf(`none${round}-${each}`)))
    const refused = results.filter(({ exit_code }) => exit_code !== 0)
    for (const { error } of refused)
      row.t.match(error?.code, /^(SPAWN_FAILED|JOURNAL_UNAVAILABLE)$/, error?.message ?? 'it failed')
    row.t.ok(refused.length > 0, 'those without a shell that waits are refused', { ran: 10 - refused.length })
    limit(life, 'nofile=1024:')
    await server.nextHeartbeat((beat) => beat.journal?.available === true)
    server.give(site.command(`after${round}`))
    row.t.match(await server.resultOf(`after${round}`), { exit_code: 0 })
  }
  await row.settle(site, server, life)
})
