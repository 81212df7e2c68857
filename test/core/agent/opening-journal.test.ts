import t from 'tap'
import { openingJournal } from '../../../core/agent/opening-journal.ts'
import type { DurableJournal } from '../../../core/journal/index.ts'

const HEALTH = { available: false, reason: 'the disk is full', since: 1, damage: null, outbox: 7, bytes: 9 }

/** A journal that keeps what it is asked. */
function recording(): DurableJournal & { readonly asked: string[] } {
  const asked: string[] = []
  const answer = (name: string) => async (id: string) => {
    asked.push(`${name} ${id}`)
    return undefined
  }
  return {
    asked,
    lookup: answer('lookup'),
    start: answer('start'),
    acknowledge: answer('acknowledge'),
    outboxSize: 7,
    health: () => HEALTH,
    fit: (result: object) => ({ ...result, stdout: 'cut' }),
  } as unknown as DurableJournal & { readonly asked: string[] }
}

t.test('what is asked before it is open waits, and is answered in the order of the calls', async (t) => {
  const opened = Promise.withResolvers<DurableJournal>()
  const journal = openingJournal(opened.promise)
  const answers = Promise.all([journal.lookup('one'), journal.start('two', 1), journal.acknowledge('three')])
  const actual = recording()
  await Promise.resolve()
  t.same(actual.asked, [])
  opened.resolve(actual)
  await answers
  await journal.lookup('four')
  t.same(actual.asked, ['lookup one', 'start two', 'acknowledge three', 'lookup four'])
})

t.test('while it is being opened it counts as available, afterwards it speaks for itself', async (t) => {
  const opened = Promise.withResolvers<DurableJournal>()
  const journal = openingJournal(opened.promise)
  const result = { command_id: 'a', exit_code: 0, stdout: 'all', stderr: '', duration_ms: 1 }
  t.match(journal.health(), { available: true, reason: null, outbox: 0 })
  t.equal(journal.outboxSize, 0)
  t.equal(journal.fit(result).stdout, 'all')
  opened.resolve(recording())
  await opened.promise
  t.same(journal.health(), HEALTH)
  t.equal(journal.outboxSize, 7)
  t.equal(journal.fit(result).stdout, 'cut')
})

t.test('where it cannot be opened every call is rejected with why', async (t) => {
  const journal = openingJournal(Promise.reject(Object.assign(new Error('locked'), { code: 'AGENT_LOCKED' })))
  await t.rejects(journal.lookup('one'), { code: 'AGENT_LOCKED' })
  await t.rejects(journal.close(), { code: 'AGENT_LOCKED' })
})
