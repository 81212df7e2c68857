import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createProgress, GATHER_MS } from '../../../core/progress/index.ts'
import { GATHER_CHARACTERS } from '../../../core/progress/progress.ts'
import type { CommandResultPayload } from '../../../core/protocol/messages.ts'
import { command, type ManualRun, manualType, recordingSession, testDispatcher, until } from '../../helpers/dispatch.ts'

const result = (stdout: string, more: Partial<CommandResultPayload> = {}): CommandResultPayload => ({
  command_id: 'a',
  exit_code: 0,
  stdout,
  stderr: '',
  duration_ms: 1,
  ...more,
})

function start() {
  const session = recordingSession()
  const progress = createProgress('a', () => session)
  const told = () =>
    session.sent.flatMap(({ type, payload }) => (type === 'command_progress' ? [payload] : [])) as Record<
      string,
      unknown
    >[]
  return { session, progress, told }
}

t.test('output that comes together is told together, in the order in which it came', async (t) => {
  const { progress, told } = start()
  progress.tell({ stream: 'stdout', offset: 0, data: 'one ' })
  progress.tell({ stream: 'stdout', offset: 4, data: 'two' })
  progress.tell({ stream: 'stderr', offset: 0, data: 'oh' })
  progress.tell({ stream: 'stdout', offset: 7, data: ' three' })
  t.same(told(), [], 'not at once')
  await until(() => told().length === 3)
  t.match(told(), [
    { command_id: 'a', seq: 1, stream: 'stdout', offset: 0, data: 'one two', dropped: 0 },
    { seq: 2, stream: 'stderr', offset: 0, data: 'oh' },
    { seq: 3, stream: 'stdout', offset: 7, data: ' three' },
  ])
})

t.test('a command that ends at once is told of by its result alone', async (t) => {
  const { progress, told } = start()
  progress.tell({ stream: 'stdout', offset: 0, data: 'all' })
  progress.end(result('all', { stderr: 'The agent adds a sentence.' }))
  await sleep(2 * GATHER_MS)
  t.same(told(), [])
})

t.test('what the result does not say is told before it', async (t) => {
  const cases = {
    'a plugin answers something else': result('summary'),
    'the result has head and tail only': result('all', {
      truncation: { stdout: { total_bytes: 3, dropped_bytes: 1, sha256: '' } },
    }),
  }
  for (const [name, ended] of Object.entries(cases)) {
    const { progress, told } = start()
    progress.tell({ stream: 'stdout', offset: 0, data: 'all' })
    progress.end(ended)
    t.match(told(), [{ stream: 'stdout', offset: 0, data: 'all' }], name)
  }
})

t.test('whose beginning was told gets the rest as well', async (t) => {
  const { progress, told } = start()
  progress.tell({ stream: 'stdout', offset: 0, data: 'one' })
  await until(() => told().length === 1)
  progress.tell({ stream: 'stdout', offset: 3, data: 'two' })
  progress.end(result('onetwo'))
  t.match(told(), [{ data: 'one' }, { seq: 2, offset: 3, data: 'two' }])
})

t.test('news of a plugin and much output do not wait', async (t) => {
  const { progress, told } = start()
  progress.tell({ stream: 'stdout', offset: 0, data: 'before' })
  progress.tell({ stream: 'event', data: { n: 1 } })
  t.match(told(), [{ data: 'before' }, { stream: 'event', offset: 0, data: { n: 1 } }])
  progress.tell({ stream: 'stdout', offset: 6, data: 'x'.repeat(GATHER_CHARACTERS) })
  t.equal(told().length, 3)
})

t.test('progress is numbered, and dropped rather than piled up', async (t) => {
  const { session, progress, told } = start()
  progress.tell({ stream: 'event', data: { n: 1 } })
  session.bufferedBytes = 10_000_000
  progress.tell({ stream: 'event', data: { n: 2 } })
  progress.tell({ stream: 'event', data: { n: 3 } })
  session.bufferedBytes = 0
  progress.tell({ stream: 'event', data: { n: 4 } })
  t.match(told(), [
    { seq: 1, data: { n: 1 }, dropped: 0 },
    { seq: 2, data: { n: 4 }, dropped: 2 },
  ])
})

t.test('without a session nothing is told, and it is counted', async (t) => {
  const session = recordingSession()
  let isThere = false
  const progress = createProgress('a', () => (isThere ? session : null))
  progress.tell({ stream: 'event', data: {} })
  isThere = true
  progress.tell({ stream: 'event', data: {} })
  t.match(session.sent, [{ payload: { seq: 1, dropped: 1 } }])
})

t.test('the dispatcher tells of commands from the server, before their results', async (t) => {
  const type = manualType()
  const { dispatcher } = testDispatcher([type], { progress: createProgress })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  const { execution, end } = type.runs[0] as ManualRun
  void execution.progress({ stream: 'stdout', offset: 0, data: 'one' })
  end({ stdout: 'summary' })
  await received
  await dispatcher.delivery.settled()
  t.same(session.sent.map((message) => message.type).slice(-2), ['command_progress', 'command_result'])
})
