import t from 'tap'
import { createDelivery } from '../../../core/dispatch/delivery.ts'
import { recordingSession } from '../../helpers/dispatch.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { createMemoryJournal } from '../../helpers/memory-journal.ts'
import { record } from '../journal/fixtures/journal.ts'

const result = { command_id: 'c1', exit_code: 0, stdout: '', stderr: '', duration_ms: 1 }

t.test('a result goes out at whatever moment after the connect it comes', async (t) => {
  for (let turns = 0; turns < 12; turns++) {
    const delivery = createDelivery({ journal: createMemoryJournal(), logger: bufferLogger() })
    const session = recordingSession([])
    delivery.connected(session)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    delivery.deliver(result)
    await new Promise((resolve) => setImmediate(resolve))
    t.same(session.results(), [result], `${turns} turns later`)
  }
})

t.test('a result goes out at whatever moment after another it comes', async (t) => {
  for (let turns = 0; turns < 12; turns++) {
    const delivery = createDelivery({ journal: createMemoryJournal(), logger: bufferLogger() })
    const session = recordingSession([])
    delivery.connected(session)
    await new Promise((resolve) => setImmediate(resolve))
    delivery.deliver(result)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    delivery.deliver({ ...result, command_id: 'c2' })
    await new Promise((resolve) => setImmediate(resolve))
    const ids = session.results().map(({ command_id }) => command_id)
    t.same(ids, ['c1', 'c2'], `${turns} turns later`)
    await delivery.settled()
  }
})

t.test('the next result waits until the one before has all but arrived', async (t) => {
  const delivery = createDelivery({ journal: createMemoryJournal(), logger: bufferLogger() })
  const session = recordingSession()
  delivery.connected(session)
  await delivery.settled()
  session.bufferedBytes = 4_000_000
  delivery.deliver(result)
  delivery.deliver({ ...result, command_id: 'c2' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(session.results(), [])
  session.bufferedBytes = 0
  await delivery.settled()
  t.same(
    session.results().map(({ command_id }) => command_id),
    ['c1', 'c2'],
  )
})

t.test('where the socket’s word counts, no result waits until the one before is recorded as delivered', async (t) => {
  const journal = createMemoryJournal()
  const asked: string[] = []
  journal.acknowledge = (id) => {
    asked.push(id)
    return new Promise(() => {})
  }
  const delivery = createDelivery({ journal, logger: bufferLogger() })
  const session = recordingSession([])
  delivery.connected(session)
  delivery.deliver(result)
  delivery.deliver({ ...result, command_id: 'c2' })
  await delivery.settled()
  t.same(
    session.results().map(({ command_id }) => command_id),
    ['c1', 'c2'],
  )
  t.same(asked, ['c1', 'c2'])
})

t.test('a connection that ends while a result waits leaves it to the next one', async (t) => {
  const journal = createMemoryJournal()
  const delivery = createDelivery({ journal, logger: bufferLogger() })
  const session = recordingSession()
  delivery.connected(session)
  await delivery.settled()
  session.bufferedBytes = 4_000_000
  await journal.refuse(record('c1'), result)
  delivery.deliver(result)
  delivery.disconnected(session)
  await delivery.settled()
  t.same(session.results(), [])
  const next = recordingSession()
  delivery.connected(next)
  await delivery.settled()
  t.same(next.results(), [result])
})

t.test(
  'of many large results that wait only a few are held; the rest comes from the journal, in its order',
  async (t) => {
    const journal = createMemoryJournal()
    const asked: string[] = []
    const { lookup } = journal
    journal.lookup = (id) => {
      asked.push(id)
      return lookup(id)
    }
    const delivery = createDelivery({ journal, logger: bufferLogger() })
    const session = recordingSession()
    delivery.connected(session)
    await delivery.settled()
    session.bufferedBytes = 4_000_000
    const results = Array.from({ length: 40 }, (_, at) => ({
      ...result,
      command_id: `c${at}`,
      stdout: 'x'.repeat(10_000),
    }))
    for (const each of results) {
      await journal.refuse(record(each.command_id), each)
      delivery.deliver(each)
    }
    session.bufferedBytes = 0
    await delivery.settled()
    t.same(session.results(), results)
    t.ok(asked.length > 20 && asked.length < 30, `${asked.length} came from the journal`)
  },
)
