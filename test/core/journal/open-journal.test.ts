import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { record, result, run, testJournal } from './fixtures/journal.ts'

test('Everything is there again after a restart, results byte for byte.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  await run(first, 'sent')
  await first.acknowledge('sent')
  const odd = result('waiting', {
    stdout: 'ümlaut \u0000 \ud83d\ude00 \ud800 "quoted"',
    exit_code: -7,
    data: { a: [1, null] },
  })
  await first.accept(record('waiting'))
  await first.finish('waiting', odd)
  await first.close()
  const second = await testJournal(t, directory)
  t.match(await second.lookup('sent'), { state: 'acknowledged', result: result('sent') })
  t.strictSame(await second.outbox(), [odd])
  t.equal(second.outboxSize, 1)
  t.equal(JSON.stringify((await second.lookup('waiting'))?.result), JSON.stringify(odd))
})

test('What an earlier process left unfinished is told whole, and what this one runs is not.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  const full = record(
    'running',
    {
      input: { b: 2, a: [1] },
      timeoutSeconds: 1.5,
      elevated: true,
      expiresAt: 99,
      requester: { user: null, role: 'x' },
    },
    { afterCrash: 'rerun', plugin: null, receivedAt: 123 },
  )
  await first.accept(record('accepted'))
  await first.accept(full)
  await first.start('running', 5)
  await first.recordRun('running', { pid: 42, startTime: '777', marker: 'm1' })
  await first.recordRun('running', { pid: 43, startTime: '778', marker: 'm1' })
  await run(first, 'done')
  t.strictSame(await first.unfinished(), [], 'they are this process’s own')
  await first.close()

  const second = await testJournal(t, directory)
  await second.accept(record('new'))
  const [accepted, running, ...others] = await second.unfinished()
  t.strictSame(others, [])
  t.match(accepted, {
    record: { request: { id: 'accepted' } },
    state: 'accepted',
    starts: 0,
    runs: [],
    inputIntact: true,
  })
  t.strictSame(running, {
    record: full,
    state: 'running',
    starts: 1,
    runs: [
      { pid: 42, startTime: '777', marker: 'm1' },
      { pid: 43, startTime: '778', marker: 'm1' },
    ],
    inputIntact: true,
  })
  await second.finish('accepted', result('accepted', { exit_code: -1 }))
  await second.start('running', 6)
  t.strictSame(await second.unfinished(), [], 'one has its end, the other runs again')
})

test('A second end of a command is refused, the same one again is not.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  await run(journal, 'a')
  await journal.finish('a', result('a'))
  await t.rejects(journal.finish('a', result('a', { exit_code: 1 })), { code: 'COMMAND_ID_REUSED' })
  await t.rejects(journal.accept(record('a')), { code: 'COMMAND_ID_REUSED' })
  await t.rejects(journal.refuse(record('a'), result('a', { exit_code: -1 })), { code: 'COMMAND_ID_REUSED' })
  await journal.refuse(record('b'), result('b'))
  await journal.refuse(record('b'), result('b'))
  t.strictSame((await journal.lookup('a'))?.result, result('a'))
  t.equal(journal.outboxSize, 2)
})

test('A failing call fails alone, not those that share its transaction.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  await journal.accept(record('a'))
  const all = await Promise.allSettled([
    journal.accept(record('b')),
    journal.accept(record('a')),
    journal.accept(record('c')),
  ])
  t.strictSame(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.match(await journal.lookup('c'), { state: 'accepted' })
})

test('Secrets are masked in every string of an input, and the command is told apart from an intact one.', async (t) => {
  const directory = t.testdir()
  const redact = (text: string) => text.replaceAll('s3cr"et', '***')
  const first = await testJournal(t, directory, { redact })
  const input = { token: 's3cr"et', list: ['a s3cr"et b'], 's3cr"et': 1 }
  await first.accept(record('a', { input, commandText: 'use s3cr"et' }))
  t.match(await first.entry('a'), { input: { token: '***', list: ['a *** b'], '***': 1 }, commandText: 'use ***' })
  await first.close()
  for (const file of readdirSync(directory)) {
    const text = readFileSync(join(directory, file), 'latin1')
    t.notMatch(text, /s3cr\\?"et/, `${file} holds no secret`)
  }
  const second = await testJournal(t, directory, { redact })
  t.match(await second.unfinished(), [{ inputIntact: false }])
})

test('The outbox can be read in parts.', async (t) => {
  const journal = await testJournal(t, t.testdir())
  const ids = Array.from({ length: 10 }, (_, index) => `c${index}`)
  await Promise.all(ids.map((id) => run(journal, id, { stdout: 'x'.repeat(1000) })))
  const seen: string[] = []
  for (let after: string | undefined; ; after = seen.at(-1)) {
    const page = await journal.outbox({ limit: 4, ...(after === undefined ? {} : { after }) })
    if (page.length === 0) break
    seen.push(...page.map((waiting) => waiting.command_id))
  }
  t.strictSame(seen.toSorted(), ids)
  t.equal((await journal.outbox({ maxCharacters: 2500 })).length, 3)
})

test('The outbox goes on behind a result that was acknowledged meanwhile, also after a restart.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  for (const id of ['a', 'b', 'c']) await run(first, id)
  await first.acknowledge('b')
  const behind = async (journal: typeof first, after: string) =>
    (await journal.outbox({ after })).map(({ command_id }) => command_id)
  t.strictSame(await behind(first, 'b'), ['c'])
  await first.close()
  const second = await testJournal(t, directory)
  await run(second, 'd')
  t.strictSame(await behind(second, 'b'), ['c', 'd'])
  t.strictSame(await behind(second, 'a'), ['c', 'd'])
})

test('A second agent is told that the folder is taken, until the first one closes.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  await t.rejects(testJournal(t, directory), { code: 'AGENT_LOCKED' })
  await first.accept(record('a'))
  await first.close()
  const second = await testJournal(t, directory)
  t.match(await second.lookup('a'), { state: 'accepted' })
})

test('A lock file that is no database is taken all the same.', async (t) => {
  const directory = t.testdir({ lock: 'garbage'.repeat(1000) })
  const journal = await testJournal(t, directory)
  t.ok(journal.health().available)
  await t.rejects(testJournal(t, directory), { code: 'AGENT_LOCKED' })
})

test('A folder that cannot be used is reported and not thrown, and used once it can be.', async (t) => {
  const directory = join(t.testdir({ file: '' }), 'file', 'journal')
  const journal = await testJournal(t, directory)
  t.match(journal.health(), { available: false, reason: String, since: Number })
  await t.rejects(journal.accept(record('a')), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.lookup('a'), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.outbox(), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.history(), { code: 'JOURNAL_UNAVAILABLE' })
})

test('A closed journal refuses, and gives its folder back without its log.', async (t) => {
  const directory = t.testdir()
  const journal = await testJournal(t, directory)
  const last = run(journal, 'a')
  await last
  await journal.close()
  await journal.close()
  await t.rejects(journal.accept(record('b')), { code: 'JOURNAL_UNAVAILABLE' })
  await t.rejects(journal.lookup('a'), { code: 'JOURNAL_UNAVAILABLE' })
  t.notOk(readdirSync(directory).includes('journal.db-wal'))
})

test('A journal of a newer agent is refused with a reason, and left as it is.', async (t) => {
  const directory = t.testdir()
  const first = await testJournal(t, directory)
  await run(first, 'a')
  await first.close()
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(join(directory, 'journal.db'))
  db.exec('PRAGMA user_version = 99')
  db.close()
  const second = await testJournal(t, directory)
  t.match(second.health(), { available: false, reason: /newer agent.*found 99/, damage: null })
  await t.rejects(second.accept(record('b')), { code: 'JOURNAL_UNAVAILABLE' })
  t.strictSame(
    readdirSync(directory).filter((name) => /damaged|salvaging/.test(name)),
    [],
  )
})

test('The folder and what is in it are the owner’s alone.', { skip: process.platform === 'win32' }, async (t) => {
  const parent = t.testdir()
  const directory = join(parent, 'deep', 'journal')
  const old = process.umask(0o022)
  t.teardown(() => process.umask(old))
  const journal = await testJournal(t, directory)
  await run(journal, 'a')
  t.equal(statSync(directory).mode & 0o777, 0o700)
})

test('Files of others in the folder are left alone.', async (t) => {
  const directory = t.testdir()
  mkdirSync(join(directory, 'sub'))
  writeFileSync(join(directory, 'note.txt'), 'mine')
  const journal = await testJournal(t, directory)
  await run(journal, 'a')
  t.equal(readFileSync(join(directory, 'note.txt'), 'utf8'), 'mine')
})
