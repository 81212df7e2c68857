import t from 'tap'
import { command, manualType, recordingSession, testDispatcher, until } from '../../helpers/dispatch.ts'

t.test('a command past its deadline is stopped: 124, with its output so far', async (t) => {
  const type = manualType()
  const { dispatcher } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('slow', { timeout_seconds: 0.02 }))
  await dispatcher.delivery.settled()
  t.equal(type.runs[0]?.execution.signal.reason, 'timeout')
  t.match(session.results()[0], { exit_code: 124, stdout: 'so far', error: { code: 'COMMAND_TIMED_OUT' } })
})

t.test('a handler that does not end when its command is stopped is told beside the reason of the stop', async (t) => {
  const failure = { code: 'HANDLER_STUCK', message: 'It did not end.' }
  const stuck = { exitCode: -1, stdout: 'so far', stderr: 'It did not end.', failure }
  const type = manualType({
    run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(stuck))),
  })
  const { dispatcher } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  await dispatcher.receive(command('late', { timeout_seconds: 0.02 }))
  const running = dispatcher.receive(command('cancelled'))
  await until(() => dispatcher.running === 1)
  await dispatcher.cancel('cancelled')
  await running
  await dispatcher.delivery.settled()
  const [late, cancelled] = session.results()
  t.match(late, { exit_code: 124, stdout: 'so far', stderr: /did not end[\s\S]*after its/ })
  t.match(late?.error, { code: 'COMMAND_TIMED_OUT', cause: 'HANDLER_STUCK', message: /after its .*It did not end\.$/ })
  t.match(cancelled, { exit_code: -1, error: { code: 'COMMAND_CANCELLED', cause: 'HANDLER_STUCK' } })
})

t.test('timeouts: none means the type’s, then the agent’s; too long is clamped', async (t) => {
  const own = manualType({ timeoutSeconds: 7 })
  const other = manualType({ type: 'other' })
  const { dispatcher } = testDispatcher([own, other])
  void dispatcher.receive(command('1', { timeout_seconds: null }))
  void dispatcher.receive(command('2', { timeout_seconds: 0, command_type: 'other' }))
  void dispatcher.receive(command('3', { timeout_seconds: 1e9, command_type: 'other' }))
  await until(() => own.runs.length + other.runs.length === 3)
  t.equal(own.runs[0]?.execution.timeoutSeconds, 7)
  t.same(other.runs.map((run) => run.execution.timeoutSeconds).sort(), [3600, 60])
  for (const run of [...own.runs, ...other.runs]) run.end()
})

t.test('cancel ends a command wherever it is', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 1 } })
  const { dispatcher } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const running = dispatcher.receive(command('running'))
  await until(() => type.runs.length === 1)
  const waiting = dispatcher.receive(command('waiting'))
  await until(() => dispatcher.queued === 1)
  await dispatcher.cancel('waiting')
  await waiting
  await dispatcher.cancel('early')
  await dispatcher.receive(command('early'))
  void dispatcher.cancel('overtaking')
  await dispatcher.receive(command('overtaking'))
  await dispatcher.cancel('running')
  await dispatcher.cancel('running')
  await running
  await dispatcher.cancel('running')
  await dispatcher.delivery.settled()
  for (const id of ['running', 'waiting', 'early', 'overtaking']) {
    const results = session.results().filter((result) => result.command_id === id)
    t.match(results[0], { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } }, id)
    for (const repeated of results.slice(1)) t.strictSame(repeated, results[0], 'always the same result')
  }
  t.equal(type.runs.length, 1, 'the others never ran')
})

t.test('draining hands back what waits, refuses what comes, and waits for what runs', async (t) => {
  const type = manualType({ limits: { concurrent: 1, queued: 4 } })
  const { dispatcher } = testDispatcher([type])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  void dispatcher.receive(command('running'))
  await until(() => type.runs.length === 1)
  void dispatcher.receive(command('waiting'))
  await until(() => dispatcher.queued === 1)
  let drained = false
  const end = dispatcher.drain().then(() => {
    drained = true
  })
  await dispatcher.receive(command('late'))
  await until(() => session.results().length === 2)
  t.equal(drained, false)
  dispatcher.interrupt()
  await end
  await dispatcher.delivery.settled()
  const codes = Object.fromEntries(session.results().map((result) => [result.command_id, result.error?.code]))
  t.strictSame(codes, { waiting: 'AGENT_DRAINING', late: 'AGENT_DRAINING', running: 'COMMAND_INTERRUPTED' })
  await dispatcher.drain()
})
