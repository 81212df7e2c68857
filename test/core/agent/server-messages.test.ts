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
  const profiles: unknown[] = []
  const policy = {
    async receive(profile: unknown) {
      profiles.push(profile)
      return { revision: 1 }
    },
  }
  const answers: unknown[] = []
  const approvals = {
    answered: (payload: unknown) => void answers.push(payload),
    disconnected: () => void answers.push('disconnected'),
  }
  const events = serverMessages({
    dispatcher,
    queries,
    policy,
    approvals,
    logger,
    begun: begun.promise,
    onReady: () => ready.push('ready'),
  })
  return { type, dispatcher, events, begun, ready, profiles, answers, session: recordingSession() }
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

t.test('a site profile comes with `auth_ack` or alone, and is answered where that was asked for', async (t) => {
  const { events, begun, profiles } = parts()
  const session = recordingSession([])
  begun.resolve()
  const profile = { revision: 1, plugins: {} }
  events.ready(session, { success: true, site_profile: profile })
  events.ready(session, { success: true, site_profile: null })
  const asked = recordingSession(['site_profile'])
  events.message({ type: 'site_profile', payload: profile }, asked)
  await until(() => asked.sent.length > 0)
  t.same(profiles, [profile, profile])
  t.same(session.sent, [])
  t.same(asked.sent, [{ type: 'site_profile_applied', payload: { revision: 1 } }])
})

t.test('an answer to a question, and the end of the connection it came by, reach who asked', async (t) => {
  const { events, begun, answers, session } = parts()
  begun.resolve()
  const payload = { command_id: 'c', request_id: 'r', approved: true, user: 'anna' }
  events.message({ type: 'approval_response', payload }, session)
  events.gone(session)
  await until(() => answers.length === 2)
  t.same(answers, [payload, 'disconnected'])
})
