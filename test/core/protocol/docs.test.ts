import { readFile } from 'node:fs/promises'
import t from 'tap'
import { MESSAGES } from '../../../core/protocol/schemas.ts'
import { compileSchema } from '../../../core/schema/index.ts'
import { EXAMPLES } from '../../../scripts/protocol-docs/examples.ts'
import { fieldsOf, type Schema, typeOf } from '../../../scripts/protocol-docs/fields.ts'
import { PROTOCOL_DOCS, protocolDocs } from '../../../scripts/protocol-docs.ts'

t.test('docs/protocol.md is what the schemas say', async (t) => {
  t.equal(await readFile(PROTOCOL_DOCS, 'utf8'), protocolDocs(), 'write it anew with `npm run generate`')
})

t.test('every message has an example, and every example fits its schema', async (t) => {
  t.same([...new Set(EXAMPLES.map(({ message }) => message.type))].sort(), Object.keys(MESSAGES).sort())
  for (const { title, message } of EXAMPLES) {
    const schema = MESSAGES[message.type].schema as Schema
    t.match(compileSchema(schema)(message.payload), { value: message.payload }, title)
    const undeclared = Object.keys(message.payload).filter((key) => !Object.hasOwn(schema.properties ?? {}, key))
    t.same(undeclared, [], `${title}: no field that the table lacks`)
  }
})

t.test('the spec’s two examples stand in the docs as they are', async (t) => {
  const command = {
    type: 'command',
    payload: {
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
    },
  }
  const result = {
    type: 'command_result',
    payload: {
      command_id: '550e8400-e29b-41d4-a716-446655440000',
      exit_code: 0,
      stdout: 'Claude Code output here...',
      stderr: '',
      duration_ms: 45230,
    },
  }
  for (const message of [command, result]) t.ok(protocolDocs().includes(JSON.stringify(message, null, 2)), message.type)
})

t.test('fields of objects and lists are named from the payload on', async (t) => {
  const schema: Schema = {
    type: 'object',
    required: ['list'],
    properties: {
      list: { type: 'array', maxItems: 3, items: { type: 'object', properties: { name: { type: 'string' } } } },
      maybe: { anyOf: [{ type: 'object', properties: { code: { const: 1 } } }, { type: 'null' }] },
    },
  }
  t.same(
    fieldsOf(schema).map(({ name, type, required }) => [name, type, required]),
    [
      ['list', 'list of up to 3', true],
      ['list[].name', 'text', false],
      ['maybe', 'object or null', false],
      ['maybe.code', '1', false],
    ],
  )
  t.equal(typeOf({ type: 'string', minLength: 1, maxLength: 8 }), 'text of 1 to 8 characters')
  t.equal(typeOf({ type: 'number', exclusiveMinimum: 0, maximum: 5 }), 'number above 0 to 5')
  t.equal(typeOf({ enum: ['a', 'b'] }), '"a" or "b"')
  t.equal(typeOf({}), 'any')
})
