import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Random } from './random.ts'
import { LONG, type Row, row } from './rows.ts'
import type { FaultServer } from './server.ts'
import type { Site } from './site.ts'

const TIMES = LONG ? 12 : 2
const FILES = ['journal.db', 'journal.db-wal'] as const

type Damage = (folder: string, random: Random) => void

function change(file: string, act: (bytes: Buffer) => Buffer): void {
  if (existsSync(file)) writeFileSync(file, act(readFileSync(file)))
}

/** One of the journal's files that has something in it. */
function pick(folder: string, random: Random): string {
  const there = FILES.map((name) => path.join(folder, name)).filter(
    (file) => existsSync(file) && readFileSync(file).length > 0,
  )
  return random.pick(there as [string, ...string[]])
}

/** Every kind of damage that a journal can come to. */
const KINDS: Readonly<Record<string, Damage>> = {
  'cut at any byte': (folder, random) => {
    const file = pick(folder, random)
    truncateSync(file, random.between(0, readFileSync(file).length - 1))
  },
  'one bit flipped': (folder, random) => {
    change(pick(folder, random), (bytes) => {
      const at = random.between(0, bytes.length - 1)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7))
      return bytes
    })
  },
  'a page of zeros': (folder, random) => {
    change(pick(folder, random), (bytes) => {
      const page = random.between(0, Math.max(0, Math.floor(bytes.length / 4096) - 1))
      return bytes.fill(0, page * 4096, (page + 1) * 4096)
    })
  },
  'zeros at the end': (folder, random) => {
    change(pick(folder, random), (bytes) => Buffer.concat([bytes, Buffer.alloc(random.between(1, 10_000))]))
  },
  'random bytes in the middle': (folder, random) => {
    change(pick(folder, random), (bytes) => {
      const at = random.between(0, bytes.length - 1)
      return bytes.fill(Buffer.from(String(random.next())), at, Math.min(bytes.length, at + random.between(1, 5000)))
    })
  },
  'no database': (folder) => rmSync(path.join(folder, 'journal.db')),
  'no log': (folder) => rmSync(path.join(folder, 'journal.db-wal'), { force: true }),
  'both heads gone': (folder) => {
    change(path.join(folder, 'journal.db'), (bytes) => bytes.fill(0, 0, 100))
    change(path.join(folder, 'journal.db-wal'), (bytes) => bytes.fill(0, 0, 32))
  },
  'an empty database': (folder) => truncateSync(path.join(folder, 'journal.db'), 0),
  'something else altogether': (folder) =>
    writeFileSync(path.join(folder, 'journal.db'), '{"this": "is no database"}'.repeat(999)),
  'a lock file that is none': (folder) => writeFileSync(path.join(folder, 'lock'), 'not a lock '.repeat(500)),
}

/** A journal as an agent left it that was killed: part of it in the database, part in the log. */
async function leaveJournal(row: Row, site: Site, server: FaultServer): Promise<void> {
  for (const round of ['first', 'second']) {
    const life = site.start()
    await server.untilConnected()
    for (let each = 0; each < 40; each++) server.give(site.command(`${round}${each}`, 'head -c 500 /dev/zero | od'))
    await server.allAnswered()
    // Both that the acknowledgements are written and that the heartbeat says so.
    await server.nextHeartbeat((beat) => beat.outbox === 0)
    await server.nextHeartbeat()
    life.kill()
    await life.ended
  }
  row.t.equal(server.results.length, 80)
}

for (const [kind, damage] of Object.entries(KINDS)) {
  row(`damaged journal: ${kind}`, {}, async (row) => {
    const server = await row.server()
    const site = await row.site({ serverUrl: server.url })
    await leaveJournal(row, site, server)
    const folder = path.join(site.dataDir, 'journal')
    const sound = `${folder}.sound`
    cpSync(folder, sound, { recursive: true })
    for (let time = 0; time < TIMES; time++) {
      rmSync(folder, { recursive: true })
      cpSync(sound, folder, { recursive: true })
      damage(folder, row.random)
      row.injected()
      const life = site.start()
      row.t.ok(await life.started, 'it starts', { output: life.isOver ? life.output() : '' })
      await server.untilConnected()
      const beat = await server.nextHeartbeat((each) => each.journal?.available === true)
      server.give(site.command(`new${time}`))
      row.t.match(await server.resultOf(`new${time}`), { exit_code: 0 })
      // A log that ends early looks as if a power cut had ended it: that is not told, and commands are as they were before.
      const told =
        kind === 'cut at any byte' || /"damage":\{|"the journal was damaged|torn, as by a power cut/.test(life.output())
      row.t.ok(told || beat.outbox === 0, 'nothing is sent that the server has', { outbox: beat.outbox })
      if (time < TIMES - 1) {
        life.kill('SIGTERM')
        await life.ended
        const known = await site.journal([...server.commands.keys()].filter((id) => !id.startsWith('new')))
        row.t.ok(told || known.size === 80, 'what is gone is told', { told, known: known.size })
      } else await row.settle(site, server, life, { journal: false, ownsUp: true })
    }
  })
}
