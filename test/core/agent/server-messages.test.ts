import t from 'tap'
import { serverMessages } from '../../../core/agent/server-messages.ts'
import type { Queries } from '../../../core/query/index.ts'
import { command, manualType, recordingSession, testDispatcher, until } from '../../helpers/dispatch.ts'

function parts() {
  const type = manualType()
  const { dispatcher, logger } = testDispatcher([type])
  const begun = Promise.withResolvers<void>()
  const ready: string[] = []
  const queries: Queries = { receive: async () => {} }
  const events = serverMessages({
    dispatcher,
    queries,
    logger,
    begun: begun.promise,
    onReady: () => ready.push('ready'),
  })
  return { type, dispatcher, events, begun, ready, session: recordingSession() }
}

t.test('what comes before the agent has settled its past waits, in its order', async (t) => {
  const { type, dispatcher, events, begun, ready, session } = parts()
  events.ready(session, null)
  events.message({ type: 'command', payload: command('one') }, session)
  events.bad({ code: 'MESSAGE_INVALID', message: 'no good', commandId: 'two', payload: { id: 'two' } }, session)
  events.message({ type: 'command_cancel', payload: { command_id: 'one' } }, session)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.same(ready, ['ready'], 'that there is a connection is told at once')
  t.equal(dispatcher.delivery.session, null)
  t.same(session.sent, [])
  begun.resolve()
  await until(() => session.results().length === 2)
  t.equal(type.runs.length, 0, 'the cancel was heeded before anything ran')
  t.same(
    session
      .results()
      .map(({ command_id }) => command_id)
      .sort(),
    ['one', 'two'],
  )
})

t.test('a connection that has ended meanwhile is not taken up', async (t) => {
  const { dispatcher, events, begun, session } = parts()
  events.ready(session, null)
  events.gone(session)
  begun.resolve()
  await begun.promise
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(dispatcher.delivery.session, null)
})
