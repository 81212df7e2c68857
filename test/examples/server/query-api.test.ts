import { text } from 'node:stream/consumers'
import t from 'tap'
import { connectRawAgent, type RawAgent, resultOf } from '../../helpers/raw-agent.ts'
import { AGENT_TOKEN, OPERATOR_TOKEN, OTHER_AGENT_TOKEN, startReferenceServer } from '../../helpers/reference-server.ts'

const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` }
const cut = { total_bytes: 100, dropped_bytes: 90, sha256: 'f'.repeat(64) }

/** Answers each query from a text, ten bytes a piece. */
function answerFrom(agent: RawAgent, output: string): void {
  agent.socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data))
    if (type !== 'query') return
    const offset = payload.offset ?? 0
    const piece = output.slice(offset, offset + 10)
    const end = offset + 10 >= output.length
    agent.send('query_result', { id: payload.id, data: piece, offset, total_bytes: output.length, end })
  })
}

t.test('what a result left out is asked of the agent, piece by piece', async (t) => {
  const { url, client, httpUrl } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const output = 'x'.repeat(90) + 'y'.repeat(10)
  answerFrom(agent, output)
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'x' })
  t.equal(await text(client.output(id)), output, 'while it runs')
  agent.send(
    'command_result',
    resultOf(id, { stdout: 'xxxx\n[… 90 bytes left out …]\nyyyyy', truncation: { stdout: cut } }),
  )
  await client.ended(id)
  t.equal(await text(client.output(id, 'stdout', 85)), output.slice(85))
  const response = await fetch(`${httpUrl}/api/commands/${id}/output?offset=85`, { headers })
  t.equal(response.headers.get('x-output-offset'), '85')
  t.equal(response.headers.get('x-output-total'), '100')
  t.equal(await text(client.output(id, 'stderr')), '', 'the result has all of it')
  await agent.close()
})

t.test('the output of an ended command is there without its agent, where the result has all of it', async (t) => {
  const { url, client, httpUrl } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'x' })
  agent.send('command_result', resultOf(id, { stdout: 'abc', stderr: 'cut', truncation: { stderr: cut } }))
  await client.ended(id)
  await agent.close()
  t.equal(await text(client.output(id)), 'abc')
  t.equal(await text(client.output(id, 'stdout', 2)), 'c')
  t.equal(await text(client.output(id, 'stdout', 7)), '')
  const status = async (path: string) => (await fetch(`${httpUrl}/api/${path}`, { headers })).status
  t.equal(await status(`commands/${id}/output?stream=stderr`), 503, 'offline')
  t.equal(await status(`commands/${id}/output?stream=other`), 400)
  t.equal(await status(`commands/${id}/output?offset=-1`), 400)
  t.equal(await status('commands/none/output'), 404)
  t.equal(await status('agents/agent-1/history'), 503)
  t.equal(await status('agents/agent-9/history'), 404)
})

t.test('an agent’s refusal is told with its reason, and a strange answer does no harm', async (t) => {
  const { url, client, httpUrl } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const { id } = await client.send('agent-1', { command_type: 'shell', command: 'x' })
  const ask = async (answer: object) => {
    const response = fetch(`${httpUrl}/api/commands/${id}/output`, { headers })
    const query = await agent.inbox.take('query')
    agent.send('query_result', { id: 'unknown', data: 'z' })
    agent.send('query_result', { id: query.id, ...answer })
    return { status: (await response).status, body: await (await response).text() }
  }
  const refused = (code: string) => ask({ error: { code, message: 'Only the first 10 bytes are kept.' } })
  t.match(await refused('OUTPUT_GONE'), { status: 410, body: /first 10 bytes/ })
  t.match(await refused('COMMAND_NOT_FOUND'), { status: 404 })
  t.match(await refused('QUERY_FAILED'), { status: 502 })
  t.match(await ask({ data: { not: 'text' }, end: false }), { status: 200, body: '' }, 'it does not ask for ever')
  const gone = fetch(`${httpUrl}/api/commands/${id}/output`, { headers })
  await agent.inbox.take('query')
  await agent.close()
  t.equal((await gone).status, 503)
})

t.test('an agent’s history is filtered by it, and its words are cleaned', async (t) => {
  const { url, client, httpUrl } = await startReferenceServer(t)
  const agent = await connectRawAgent({ url, token: AGENT_TOKEN })
  const page = client.history('agent-1', { type: 'shell', limit: '5' })
  const query = await agent.inbox.take('query')
  t.match(query, { what: 'history', type: 'shell', limit: 5 })
  const entry = { command_id: 'a', type: 'shell', state: 'finished', user: 'x\u001b[31m' }
  agent.send('query_result', { id: query.id, data: { entries: [entry], next: 7 } })
  t.match(await page, { entries: [{ command_id: 'a', user: 'x\ufffd[31m' }], next: 7 })
  for (const bad of ['?state=lost', '?limit=0', '?limit=many', '?weather=fine']) {
    t.equal((await fetch(`${httpUrl}/api/agents/agent-1/history${bad}`, { headers })).status, 400, bad)
  }
  await connectRawAgent({ url, token: OTHER_AGENT_TOKEN, auth: { agent_id: 'agent-2' } })
  t.equal((await fetch(`${httpUrl}/api/agents/agent-2/history`, { headers })).status, 409, 'one that knows no queries')
})
