const count = { type: 'integer', minimum: 0 } as const
const name = { type: 'string', minLength: 1, maxLength: 128 } as const
const time = { type: 'string', maxLength: 64 } as const

/** Also an answer where nothing else was understood. */
export const errorSchema = {
  description: 'A frame could not be understood and named no command to answer.',
  type: 'object',
  required: ['code', 'message'],
  properties: { code: { type: 'string' }, message: { type: 'string' } },
} as const

/** The largest piece of output that one answer brings, in bytes of UTF-8. */
export const MAX_OUTPUT_PIECE = 262_144

export const querySchema = {
  description: 'Asks the agent for something it knows. Answered with one `query_result`; several are answered in turn.',
  type: 'object',
  required: ['id', 'what'],
  properties: {
    id: { ...name, description: 'The query’s own id; the answer has it too.' },
    what: {
      description:
        '`output`: a piece of what a command’s programs wrote. `history`: commands, newest first, or one in full. `status`: how the agent stands. `plugins`: its command types with their schemas.',
      enum: ['status', 'plugins', 'history', 'output'],
    },
    command_id: { ...name, description: '`output`: whose; required. `history`: this one command in full.' },
    stream: { description: '`output`. Default: stdout.', enum: ['stdout', 'stderr'] },
    offset: { ...count, description: '`output`: the first byte wanted, of UTF-8. Default: 0.' },
    length: { type: 'integer', minimum: 4, maximum: MAX_OUTPUT_PIECE, description: '`output`: so many bytes at most.' },
    type: { ...name, description: '`history`: only commands of this type. All given filters must hold.' },
    plugin: name,
    state: { enum: ['accepted', 'running', 'finished', 'acknowledged', 'tombstone'] },
    origin: { enum: ['server', 'local'] },
    user: { type: 'string', minLength: 1, maxLength: 1024 },
    since: { ...time, description: 'RFC 3339; received then or later.' },
    until: { ...time, description: 'RFC 3339; received before.' },
    text: { type: 'string', maxLength: 1024, description: 'Occurs in id, type, user, input or result.' },
    limit: { description: 'Default: 50.', type: 'integer', minimum: 1, maximum: 1000 },
    before: { ...count, description: 'The `next` of the page before.' },
  },
} as const

export const queryResultSchema = {
  description: 'The answer to a `query`.',
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    data: { description: 'For `output` a text, else an object; absent where there is an `error`.' },
    offset: { ...count, description: '`output`: where `data` begins, which is where a character does.' },
    total_bytes: { ...count, description: '`output`: the stream’s length until now.' },
    end: { type: 'boolean', description: '`output`: nothing comes after `data`, now or later.' },
    error: { ...errorSchema, description: 'Why there is no answer.' },
  },
} as const
