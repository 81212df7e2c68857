import t from 'tap'
import { createDecoder, MAX_DEPTH } from '../../../core/protocol/index.ts'
import { compileSchema } from '../../../core/schema/index.ts'

const decode = createDecoder(compileSchema)
const text = (frame: string) => decode(Buffer.from(frame), false)

t.test('the spec’s command is read as it stands', async (t) => {
  const payload = {
    id: '550e8400-e29b-41d4-a716-446655440000',
    command_type: {
      claude_task: {
        task: 'Check the sync log for errors in last 24 hours',
        working_directory: 'C:\\Shares\\test\\logs',
        context_files: ['sync.log', 'error.log'],
      },
    },
    command: 'unused for claude_task',
    timeout_seconds: 300,
    elevated: false,
  }
  t.strictSame(text(JSON.stringify({ type: 'command', payload })), { message: { type: 'command', payload } })
})

t.test('what a server may add is left alone', async (t) => {
  t.match(text('{"type":"command","payload":{"id":"a","command_type":"shell","priority":9},"trace":"x"}'), {
    message: { payload: { id: 'a' } },
  })
})

t.test('a frame that is no message is bad, and says why', async (t) => {
  const cases: [string, Buffer, boolean?][] = [
    ['binary', Buffer.from('{}'), true],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a cut code point', Buffer.from('{"type":"ü').subarray(0, -1)],
    ['empty', Buffer.from('')],
    ['not JSON', Buffer.from('{type:1}')],
    ['two values', Buffer.from('{} {}')],
    ['a number', Buffer.from('7')],
    ['null', Buffer.from('null')],
    ['an array', Buffer.from('[]')],
    ['no type', Buffer.from('{"payload":{}}')],
    ['an unknown type', Buffer.from('{"type":"reboot","payload":{"id":"a"}}')],
    ['an inherited name', Buffer.from('{"type":"toString","payload":{}}')],
    ['a message that only agents send', Buffer.from('{"type":"heartbeat","payload":{}}')],
    ['no payload', Buffer.from('{"type":"command_cancel"}')],
    ['a million brackets', Buffer.from('['.repeat(1_000_000))],
  ]
  for (const [name, data, binary] of cases) {
    const decoded = decode(data, binary ?? false)
    t.match(decoded, { bad: { code: 'MESSAGE_INVALID', message: /expected|payload/ } }, name)
    t.notOk('bad' in decoded && decoded.bad.commandId, `${name}: no command to answer`)
  }
})

t.test('a command that is not valid keeps its id, so that it can be answered', async (t) => {
  for (const payload of [
    { id: 'a' },
    { id: 'a', command_type: 7 },
    { id: 'a', command_type: {} },
    { id: 'a', command_type: { one: {}, two: {} } },
    { id: 'a', command_type: 'shell', command: 7 },
    { id: 'a', command_type: 'shell', timeout_seconds: 'soon' },
    { id: 'a', command_type: 'shell', timeout_seconds: -1 },
    { id: 'a', command_type: 'shell', elevated: 'yes' },
    { id: 'a', command_type: 'shell', requested_by: 'me' },
  ]) {
    const decoded = text(JSON.stringify({ type: 'command', payload }))
    t.match(
      decoded,
      { bad: { code: 'MESSAGE_INVALID', commandId: 'a', payload: { id: 'a' } } },
      JSON.stringify(payload),
    )
  }
  for (const id of ['', 'x'.repeat(129), 7, null]) {
    const decoded = text(JSON.stringify({ type: 'command', payload: { id, command_type: 'shell' } }))
    t.ok('bad' in decoded && decoded.bad.commandId === undefined, `an id like ${String(id).slice(0, 5)} answers nobody`)
  }
})

t.test('depth counts brackets outside strings', async (t) => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const command = (inner: string) => `{"type":"command","payload":{"id":"a","command_type":{"t":${inner}}}}`
  t.ok('message' in text(command(nested(MAX_DEPTH - 3))))
  t.ok('bad' in text(command(nested(MAX_DEPTH - 2))))
  t.ok('message' in text(command(JSON.stringify(`${'['.repeat(100)}\\"`))))
})

t.test('a key named __proto__ is dropped wherever it stands', async (t) => {
  const decoded = text(
    '{"type":"command","payload":{"id":"a","command_type":{"t":{"__proto__":{"x":1},"y":{"__proto__":2}}}}}',
  )
  const payload = 'message' in decoded && decoded.message.type === 'command' ? decoded.message.payload : undefined
  t.equal(JSON.stringify(payload?.command_type), '{"t":{"y":{}}}')
  t.equal(({} as { x?: number }).x, undefined)
})

t.test('numbers, nulls and absent fields of a command keep their meaning', async (t) => {
  const decoded = text(
    '{"type":"command","payload":{"id":"a","command_type":"shell","command":null,"timeout_seconds":0.5,"elevated":null}}',
  )
  t.match(decoded, { message: { payload: { command: null, timeout_seconds: 0.5, elevated: null } } })
})
