import { test } from 'tap'
import type { Journal } from '../../../core/dispatch/contract.ts'
import { createMemoryJournal } from '../../helpers/memory-journal.ts'
import { record, result, testJournal } from './fixtures/journal.ts'

/** What dispatch relies on, whichever journal it is given. */
const journals: Record<string, (t: Parameters<typeof testJournal>[0]) => Promise<Journal>> = {
  memory: async () => createMemoryJournal(),
  disk: (t) => testJournal(t, t.testdir()),
}

for (const [name, open] of Object.entries(journals)) {
  test(`The ${name} journal takes a command from its arrival to its acknowledgement.`, async (t) => {
    const journal = await open(t)
    t.equal(await journal.lookup('a'), undefined)
    await journal.accept(record('a'))
    t.match(await journal.lookup('a'), {
      id: 'a',
      digest: 'sha256-of-a',
      origin: 'server',
      state: 'accepted',
      result: null,
    })
    await journal.start('a', Date.now())
    t.match(await journal.lookup('a'), { state: 'running', result: null })
    t.equal(journal.outboxSize, 0)
    await journal.finish('a', result('a'))
    t.strictSame((await journal.lookup('a'))?.result, result('a'))
    t.match(await journal.lookup('a'), { state: 'finished' })
    t.equal(journal.outboxSize, 1)
    await journal.acknowledge('a')
    t.match(await journal.lookup('a'), { state: 'acknowledged' })
    t.strictSame((await journal.lookup('a'))?.result, result('a'), 'a repeated delivery gets the same result')
    t.equal(journal.outboxSize, 0)
  })

  test(`The ${name} journal keeps results for the server in the order in which they came about.`, async (t) => {
    const journal = await open(t)
    for (const id of ['a', 'b', 'c']) await journal.accept(record(id))
    for (const id of ['a', 'b', 'c']) await journal.finish(id, result(id))
    await journal.refuse(record('d'), result('d', { exit_code: -1 }))
    await journal.acknowledge('b')
    t.strictSame(
      (await journal.outbox()).map((waiting) => waiting.command_id),
      ['a', 'c', 'd'],
    )
  })

  test(`The ${name} journal keeps local commands out of the outbox.`, async (t) => {
    const journal = await open(t)
    await journal.accept(record('a', { origin: 'local' }))
    await journal.finish('a', result('a'))
    await journal.refuse(record('b', { origin: 'local' }), result('b', { exit_code: -1 }))
    t.strictSame(await journal.outbox(), [])
    t.match(await journal.lookup('a'), { state: 'acknowledged', origin: 'local' })
    t.match(await journal.lookup('b'), { state: 'acknowledged', result: { exit_code: -1 } })
  })

  test(`The ${name} journal answers in the order of the calls without being awaited in between.`, async (t) => {
    const journal = await open(t)
    void journal.accept(record('a'))
    const accepted = journal.lookup('a')
    void journal.start('a', Date.now())
    void journal.finish('a', result('a'))
    const finished = journal.lookup('a')
    void journal.acknowledge('a')
    t.match((await accepted)?.id, 'a')
    t.strictSame((await finished)?.result, result('a'))
    t.match(await journal.lookup('a'), { state: 'acknowledged' })
  })

  test(`The ${name} journal counts the starts of a type since a moment.`, async (t) => {
    const journal = await open(t)
    const now = Date.now()
    for (const [index, type] of ['shell', 'claude_task', 'shell'].entries()) {
      await journal.accept(record(`${index}`, { type }))
      await journal.start(`${index}`, Date.now())
    }
    await journal.refuse(record('refused'), result('refused'))
    t.equal((await journal.startsSince('shell', now - 1000)).length, 2)
    t.equal((await journal.startsSince('claude_task', now - 1000)).length, 1)
    t.equal((await journal.startsSince('shell', now + 60_000)).length, 0)
  })

  test(`The ${name} journal takes no notice of ids that it does not know.`, async (t) => {
    const journal = await open(t)
    await journal.start('x', Date.now())
    await journal.finish('x', result('x'))
    await journal.acknowledge('x')
    t.equal(await journal.lookup('x'), undefined)
  })

  test(`The methods of the ${name} journal can be handed on by themselves.`, async (t) => {
    const { accept, lookup } = await open(t)
    await accept(record('a'))
    t.match(await lookup('a'), { state: 'accepted' })
  })
}
