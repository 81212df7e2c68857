import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { waitUntil } from '../../helpers/wait-until.ts'
import { hastyDisk, run, testJournal } from './fixtures/journal.ts'

test('A large journal is looked through while it is in use, and what is found is mended.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory, {}, hastyDisk)
  const output = randomBytes(10_000).toString('hex')
  for (let index = 0; index < 500; index++) await run(first, `command-${index}`, { stdout: output })
  await first.close()
  t.ok(statSync(join(directory, 'journal.db')).size > 8 * 1024 * 1024, 'larger than what is checked at once')
  const file = join(directory, 'journal.db')
  const bytes = readFileSync(file)
  bytes.write('command-2x0', bytes.indexOf('command-250'))
  writeFileSync(file, bytes)
  const second = await testJournal(t, directory, {}, hastyDisk)
  await waitUntil('the damage is found and mended', () => second.health().damage !== null && second.health().available)
  t.match(await second.lookup('command-250'), { state: 'finished' })
  t.equal(second.outboxSize, 500)
})
