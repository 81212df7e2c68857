import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { FAILPOINTS, type Failpoint } from '../../core/journal/failpoints.ts'
import { account, live } from './fixtures/crash.ts'
import { randomNumbers } from './fixtures/random.ts'

const NOTHING_WRONG = { lost: [], doubled: [], conflicting: [], other: [] }
const COMMANDS = 60

/** Steps that only a damaged journal comes to. */
const OF_DAMAGE: readonly Failpoint[] = ['journal-damage-found', 'journal-set-aside', 'journal-salvaged']

test('Deaths at each step, one after the other, lose nothing and run nothing twice.', async (t) => {
  const directory = t.testdir()
  const failpoints = FAILPOINTS.filter((name) => !OF_DAMAGE.includes(name))
  const died = new Set<string>()
  // New commands in each life, and all earlier ones delivered again: each life puts right what the death before it left.
  let commands = 0
  for (const count of [1, 5]) {
    for (const failpoint of failpoints) {
      commands += 10
      const environment = { GURURMM_FAILPOINT: `${failpoint}:${count}` }
      if ((await live({ directory, commands, seed: commands, environment })) !== null) died.add(failpoint)
    }
  }
  t.equal(await live({ directory, commands, seed: 1 }), null)
  t.strictSame(account(directory, commands), NOTHING_WRONG)
  t.strictSame([...died].toSorted(), failpoints.toSorted(), 'every step is on the way')
})

for (const failpoint of OF_DAMAGE) {
  test(`A death at ${failpoint}, while a damaged journal is read back, loses nothing and runs nothing twice.`, async (t) => {
    const directory = t.testdir()
    await live({ directory, commands: 30, seed: 1 })
    const file = openSync(join(directory, 'journal', 'journal.db'), 'r+')
    writeSync(file, Buffer.alloc(100), 0, 100, 0)
    closeSync(file)
    const environment = { GURURMM_FAILPOINT: failpoint }
    t.equal(await live({ directory, commands: 30, seed: 2, environment }), 'SIGKILL')
    t.equal(await live({ directory, commands: COMMANDS, seed: 3 }), null)
    t.strictSame(account(directory, COMMANDS), NOTHING_WRONG)
    t.match(readFileSync(join(directory, 'events'), 'utf8'), /"setAside"/, 'the damage is reported')
  })
}

for (const failpoint of OF_DAMAGE) {
  test(`A death at ${failpoint} is survived also where a short log lost its head with the database's.`, async (t) => {
    const directory = t.testdir()
    const killed = await live({
      directory,
      commands: 6,
      seed: 1,
      environment: { GURURMM_FAILPOINT: 'journal-settled:4' },
    })
    t.equal(killed, 'SIGKILL')
    for (const [name, bytes] of [
      ['journal.db', 100],
      ['journal.db-wal', 32],
    ] as const) {
      const file = openSync(join(directory, 'journal', name), 'r+')
      writeSync(file, Buffer.alloc(bytes), 0, bytes, 0)
      closeSync(file)
    }
    const environment = { GURURMM_FAILPOINT: failpoint }
    t.equal(await live({ directory, commands: 6, seed: 2, environment }), 'SIGKILL')
    t.equal(await live({ directory, commands: COMMANDS, seed: 3 }), null)
    t.strictSame(account(directory, COMMANDS), NOTHING_WRONG)
  })
}

test('Deaths at random moments lose nothing and run nothing twice.', { timeout: 3_600_000 }, async (t) => {
  const kills = Number(process.env.GURURMM_JOURNAL_KILLS ?? 8)
  const seed = Number(process.env.GURURMM_JOURNAL_SEED ?? 20_260_301)
  t.comment(`seed ${seed}, ${kills} kills`)
  const random = randomNumbers(seed)
  const directory = t.testdir()
  // New commands in each life, and the last ones delivered again; all of them in the end.
  let commands = 0
  let killed = 0
  while (killed < kills) {
    commands += 40
    const first = Math.max(0, commands - 200)
    const killAfterMs = 150 + random() * 350
    if ((await live({ directory, commands, first, seed: commands, mib: 64, killAfterMs })) !== null) killed++
  }
  t.equal(await live({ directory, commands, seed: 1, mib: 64 }), null)
  t.strictSame(account(directory, commands), NOTHING_WRONG)
})
