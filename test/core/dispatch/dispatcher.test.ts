import t from 'tap'
import type { Journal } from '../../../core/dispatch/contract.ts'
import { command, manualType, recordingSession, testDispatcher, until } from '../../helpers/dispatch.ts'
import { createMemoryJournal } from '../../helpers/memory-journal.ts'

t.test('a command is acknowledged, run, and answered with one result', async (t) => {
  const type = manualType()
  const { dispatcher, journal } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  t.equal(dispatcher.running, 1)
  t.same(type.runs[0]?.execution.input, { command: 'text' })
  t.equal(type.runs[0]?.execution.timeoutSeconds, 300)
  type.runs[0]?.end({ exitCode: 3, stdout: 'out', stderr: 'err', data: { n: 1 }, usage: { costUsd: 0.5 } })
  await received
  await dispatcher.delivery.settled()
  t.match(session.sent, [
    { type: 'command_ack', payload: { command_id: 'a', status: 'accepted', code: null } },
    {
      type: 'command_result',
      payload: { command_id: 'a', exit_code: 3, stdout: 'out', stderr: 'err', error: null, plugin: 'test' },
    },
  ])
  t.equal(dispatcher.running, 0)
  t.equal(journal.outboxSize, 1, 'the result waits until the server says it has it')
  await dispatcher.acknowledged('a')
  t.equal(journal.outboxSize, 0)
})

t.test('a server that knows only the spec gets only the spec’s fields, once', async (t) => {
  const type = manualType()
  const { dispatcher, journal } = testDispatcher([type])
  const session = recordingSession([])
  dispatcher.delivery.connected(session)
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  void type.runs[0]?.execution.progress({ stream: 'event', data: {} })
  type.runs[0]?.end({ stdout: 'out', data: { n: 1 } })
  await received
  await until(() => journal.outboxSize === 0)
  t.equal(session.sent.length, 1)
  t.strictSame(Object.keys(session.results()[0] ?? {}), ['command_id', 'exit_code', 'stdout', 'stderr', 'duration_ms'])
  dispatcher.delivery.disconnected(session)
  const again = recordingSession([])
  dispatcher.delivery.connected(again)
  await dispatcher.receive(command('b', { command_type: 'no_such' }))
  await dispatcher.delivery.settled()
  t.strictSame(
    again.results().map((result) => result.command_id),
    ['b'],
  )
})

t.test('a repeated delivery is not run again', async (t) => {
  const type = manualType()
  const { dispatcher } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)

  await t.test('while the first one is on its way: duplicate', async (t) => {
    const first = dispatcher.receive(command('a'))
    await dispatcher.receive(command('a'))
    await until(() => type.runs.length === 1)
    await dispatcher.receive(command('a'))
    const acks = session.sent.flatMap((message) => (message.type === 'command_ack' ? [message.payload.status] : []))
    t.strictSame(acks, ['duplicate', 'accepted', 'duplicate'])
    type.runs[0]?.end({ stdout: 'once' })
    await first
  })

  await t.test('after its end: the stored result again, byte for byte', async (t) => {
    await dispatcher.receive(command('a'))
    await dispatcher.delivery.settled()
    const [one, two] = session.results()
    t.strictSame(two, one)
    t.equal(type.runs.length, 1)
  })

  await t.test('the order of keys does not make another payload', async (t) => {
    const { id, ...rest } = command('a')
    await dispatcher.receive({ ...Object.fromEntries(Object.entries(rest).reverse()), id } as never)
    await dispatcher.delivery.settled()
    t.equal(session.results().length, 3)
  })

  await t.test('the same id with another payload: rejected, and no second result', async (t) => {
    const before = session.results().length
    await dispatcher.receive(command('a', { command: 'other' }))
    await dispatcher.delivery.settled()
    t.equal(session.results().length, before)
    t.match(session.sent.at(-1), { type: 'command_ack', payload: { status: 'rejected', code: 'COMMAND_ID_REUSED' } })
  })
})

t.test('refusals are final, and repeated as they were', async (t) => {
  const { dispatcher } = testDispatcher([manualType()], { now: () => Date.parse('2030-01-01T00:00:00Z') })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const cases = [
    ['COMMAND_TYPE_UNKNOWN', command('unknown', { command_type: 'nothing' })],
    ['COMMAND_TYPE_UNKNOWN', command('proto', { command_type: { toString: {} } })],
    ['ELEVATION_UNSUPPORTED', command('elevated', { elevated: true })],
    ['COMMAND_EXPIRED', command('expired', { expires_at: '2029-12-31T23:59:59Z' })],
    ['COMMAND_EXPIRED', command('unreadable', { expires_at: 'soon' })],
  ] as const
  for (const [code, payload] of cases) {
    await dispatcher.receive(payload)
    await dispatcher.delivery.settled()
    await dispatcher.receive(payload)
    await dispatcher.delivery.settled()
    const results = session.results().filter((result) => result.command_id === payload.id)
    t.equal(results.length, 2, payload.id)
    t.match(results[0], { exit_code: -1, stdout: '', duration_ms: 0, error: { code } }, payload.id)
    t.ok(results[0]?.stderr, 'stderr says why')
    t.strictSame(results[1], results[0])
  }
})

t.test('an unreadable command is answered once under its id', async (t) => {
  const { dispatcher } = testDispatcher([manualType()])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receiveBad({
    commandId: 'x',
    payload: { id: 'x', command_type: 7 },
    code: 'MESSAGE_INVALID',
    message: 'Bad.',
  })
  await dispatcher.receive(command('x'))
  await dispatcher.delivery.settled()
  t.match(session.results(), [{ command_id: 'x', exit_code: -1, error: { code: 'MESSAGE_INVALID' } }])
  t.equal(session.results().length, 1, 'the mended command needs an id of its own')
})

t.test('results made while there is no connection are sent after it, oldest first', async (t) => {
  const type = manualType()
  const { dispatcher } = testDispatcher([type])
  for (const id of ['1', '2', '3']) {
    const received = dispatcher.receive(command(id))
    await until(() => type.runs.length === Number(id))
    type.runs.at(-1)?.end()
    await received
  }
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await until(() => session.results().length === 3)
  t.strictSame(
    session.results().map((result) => result.command_id),
    ['1', '2', '3'],
  )
  await dispatcher.acknowledged('2')
  dispatcher.delivery.disconnected(session)
  const again = recordingSession()
  dispatcher.delivery.connected(again)
  await until(() => again.results().length === 2)
  t.strictSame(
    again.results().map((result) => result.command_id),
    ['1', '3'],
  )
})

t.test('a journal that cannot record refuses the command, and nothing runs', async (t) => {
  const type = manualType()
  const broken: Journal = {
    ...createMemoryJournal(),
    accept: () => Promise.reject(new Error('disk full')),
    outboxSize: 0,
  }
  const { dispatcher } = testDispatcher([type], { journal: broken })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('a'))
  await dispatcher.delivery.settled()
  t.equal(type.runs.length, 0)
  t.match(session.results(), [{ exit_code: -1, error: { code: 'JOURNAL_UNAVAILABLE' } }])
})

t.test('what was refused for want of a journal stays refused when it works again', async (t) => {
  const type = manualType()
  const journal = createMemoryJournal()
  const { accept } = journal
  journal.accept = () => Promise.reject(new Error('disk full'))
  const { dispatcher } = testDispatcher([type], { journal })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('a'))
  journal.accept = accept
  await dispatcher.receive(command('a'))
  await dispatcher.delivery.settled()
  t.equal(type.runs.length, 0)
  const [first, second] = session.results()
  t.match(first, { exit_code: -1, error: { code: 'JOURNAL_UNAVAILABLE' } })
  t.strictSame(second, first)
})

t.test('a refusal that cannot be recorded is sent as it was decided', async (t) => {
  const journal = createMemoryJournal()
  journal.refuse = () => Promise.reject(new Error('disk full'))
  const { dispatcher } = testDispatcher([], { journal })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('a'))
  await dispatcher.delivery.settled()
  t.match(session.results(), [{ exit_code: -1, error: { code: 'COMMAND_TYPE_UNKNOWN' } }])
})

t.test('a result that cannot be recorded is sent all the same', async (t) => {
  const type = manualType()
  const broken: Journal = {
    ...createMemoryJournal(),
    finish: () => Promise.reject(new Error('disk full')),
    outboxSize: 0,
  }
  const { dispatcher } = testDispatcher([type], { journal: broken })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  type.runs[0]?.end({ stdout: 'it ran' })
  await received
  await dispatcher.delivery.settled()
  t.match(session.results(), [{ exit_code: 0, stdout: 'it ran' }])
})

t.test('an end is recorded also where the start could not be', async (t) => {
  const type = manualType()
  const journal = createMemoryJournal()
  journal.start = () => Promise.reject(new Error('disk full'))
  const { dispatcher } = testDispatcher([type], { journal })
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  type.runs[0]?.end({ stdout: 'it ran' })
  await received
  t.match(await journal.lookup('a'), { state: 'finished', result: { stdout: 'it ran' } })
})

t.test('a fault of the plugin host is a result, not a crash', async (t) => {
  const type = manualType({ run: () => Promise.reject(new Error('host bug')) })
  const { dispatcher, logger } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('a'))
  await dispatcher.delivery.settled()
  t.match(session.results(), [{ exit_code: 1, error: { code: 'HANDLER_FAILED' } }])
  t.ok(logger.lines.some((line) => line.level === 'error'))
})

t.test('a local command takes the same way and never reaches the server', async (t) => {
  const type = manualType()
  const { dispatcher, journal } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const items: unknown[] = []
  const result = dispatcher.runLocal(command('l'), (item) => items.push(item))
  await until(() => type.runs.length === 1)
  t.equal(type.runs[0]?.execution.command.origin, 'local')
  void type.runs[0]?.execution.progress({ stream: 'stdout', offset: 0, data: 'x' })
  type.runs[0]?.end({ stdout: 'x' })
  t.match(await result, { command_id: 'l', exit_code: 0, stdout: 'x' })
  t.equal(items.length, 1)
  t.equal(session.sent.length, 0)
  t.equal(journal.outboxSize, 0)
})
