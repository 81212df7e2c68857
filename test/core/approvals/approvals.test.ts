import t from 'tap'
import { createApprovals } from '../../../core/approvals/index.ts'
import type { Session } from '../../../core/dispatch/delivery.ts'
import type { ApprovalRequestPayload, Capability } from '../../../core/protocol/messages.ts'

const QUESTION = { tool: 'Bash', target: 'id', rule: 'services', seconds: 600 }
const SERVER = { id: 'c1', origin: 'server' } as const
const LOCAL = { id: 'c1', origin: 'local' } as const

function sessionWith(...capabilities: Capability[]) {
  const asked: ApprovalRequestPayload[] = []
  const session: Session = {
    capabilities: new Set(capabilities),
    bufferedBytes: 0,
    async send(message) {
      if (message.type === 'approval_request') asked.push(message.payload)
      return true
    },
  }
  return { session, asked }
}

const forever = new AbortController().signal

t.test('the server is asked, and its first answer counts', async (t) => {
  const { session, asked } = sessionWith('approvals')
  const approvals = createApprovals(() => session)
  const answer = approvals.ask(SERVER, QUESTION, forever)
  const [request] = asked
  t.match(request, { command_id: 'c1', request_id: String, tool: 'Bash', target: 'id', rule: 'services' })
  t.ok(Date.parse(request?.expires_at ?? '') > Date.now())
  const about = { command_id: 'c1', request_id: request?.request_id ?? '' }
  approvals.answered({ ...about, request_id: 'unknown', approved: true, user: 'mallory' })
  approvals.answered({ ...about, command_id: 'c2', approved: true, user: 'mallory' })
  approvals.answered({ ...about, approved: false, user: 'anna' })
  approvals.answered({ ...about, approved: true, user: 'mallory' })
  t.same(await answer, { approved: false, by: 'anna', reason: null })
  approvals.answered({ ...about, approved: true, user: 'late' })
})

t.test('nobody to ask is a no that says why', async (t) => {
  const cases: [session: Session | null, command: typeof SERVER | typeof LOCAL, reason: RegExp][] = [
    [null, SERVER, /No server/],
    [sessionWith('query').session, SERVER, /takes no approvals/],
    [sessionWith('approvals').session, LOCAL, /without a terminal/],
  ]
  for (const [session, command, reason] of cases) {
    const approvals = createApprovals(() => session)
    t.match(await approvals.ask(command, QUESTION, forever), { approved: false, by: null, reason }, String(reason))
  }
})

t.test('no answer in time, the end of the command or of the connection is a no', async (t) => {
  const { session } = sessionWith('approvals')
  const approvals = createApprovals(() => session)
  t.match(await approvals.ask(SERVER, { ...QUESTION, seconds: 0.02 }, forever), { by: null, reason: /Nobody answered/ })
  const ended = approvals.ask(SERVER, QUESTION, AbortSignal.timeout(20))
  t.match(await ended, { approved: false, reason: 'The command ended.' })
  t.match(await approvals.ask(SERVER, QUESTION, AbortSignal.abort()), { approved: false })
  const lost = approvals.ask(SERVER, QUESTION, forever)
  approvals.disconnected(sessionWith().session)
  approvals.disconnected(session)
  t.match(await lost, { approved: false, reason: /connection/ })
})

t.test('more questions than a person could answer are not asked', async (t) => {
  const { session, asked } = sessionWith('approvals')
  const approvals = createApprovals(() => session)
  const all = Array.from({ length: 65 }, () => approvals.ask(SERVER, QUESTION, forever))
  t.match(await all.at(-1), { approved: false, reason: /Too many/ })
  t.equal(asked.length, 64)
  approvals.disconnected(session)
  await Promise.all(all)
})

t.test('who called a local command is asked, until it ended', async (t) => {
  const approvals = createApprovals(() => null)
  const forget = approvals.useAsker('c1', async ({ tool }) => ({ approved: tool === 'Bash', by: 'root' }))
  t.same(await approvals.ask(LOCAL, QUESTION, forever), { approved: true, by: 'root', reason: null })
  t.match(await approvals.ask({ ...LOCAL, id: 'c2' }, QUESTION, forever), { approved: false, by: null })
  forget()
  t.match(await approvals.ask(LOCAL, QUESTION, forever), { approved: false, by: null })
})

t.test('an asker that fails or hears too late is a no, and is told to stop asking', async (t) => {
  const approvals = createApprovals(() => null)
  approvals.useAsker('c1', async () => {
    throw new Error('no terminal')
  })
  t.match(await approvals.ask(LOCAL, QUESTION, forever), { approved: false, by: null })
  let stopped = false
  approvals.useAsker('c1', (_, signal) => {
    signal.addEventListener('abort', () => {
      stopped = true
    })
    return new Promise(() => {})
  })
  t.match(await approvals.ask(LOCAL, { ...QUESTION, seconds: 0.02 }, forever), { approved: false, by: null })
  t.equal(stopped, true)
})

t.test('long texts are cut to what the message may hold', async (t) => {
  const { session, asked } = sessionWith('approvals')
  const approvals = createApprovals(() => session)
  const answer = approvals.ask(SERVER, { ...QUESTION, target: 'x'.repeat(5000) }, forever)
  t.equal(asked[0]?.target?.length, 1024)
  approvals.disconnected(session)
  await answer
})
