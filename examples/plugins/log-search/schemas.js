/** JSON Schema of `plugins.log_search.config`. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['folders'],
  properties: {
    folders: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: { type: 'string', format: 'path' },
      description:
        'The folders that may be searched, with all below them. The permission `read` has to name them as well.',
    },
    maxFiles: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1000,
      description: 'How many files one search reads at most.',
    },
    maxLineBytes: {
      type: 'integer',
      minimum: 256,
      maximum: 1_048_576,
      default: 65_536,
      description: 'How much of a line is searched, in bytes; the rest of a longer one is passed over, and counted.',
    },
    maxResultBytes: {
      type: 'integer',
      minimum: 1024,
      maximum: 4_194_304,
      default: 262_144,
      description: 'How much text of the files one result holds at most, in UTF-16 units.',
    },
  },
}

const since = {
  type: 'object',
  maxProperties: 1000,
  additionalProperties: { type: 'integer', minimum: 0 },
  description:
    'Where to begin in files, by path: the `end_byte` of an earlier result. A file that became shorter is read whole.',
}

/** JSON Schema of what a `log_search` command brings. */
export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['pattern'],
  properties: {
    pattern: { type: 'string', minLength: 1, maxLength: 1000, description: 'What to look for, within a line.' },
    mode: {
      enum: ['text', 'regex'],
      default: 'text',
      description: 'Whether the pattern is plain text, or an RE2 expression.',
    },
    case_sensitive: { type: 'boolean', default: true, description: 'Whether case counts.' },
    folder: {
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      description: 'Absolute path of one folder. Default: all that are allowed.',
    },
    files: {
      type: 'string',
      minLength: 1,
      maxLength: 256,
      default: '*',
      description: 'Names of files to read; `*` and `?` stand for anything.',
    },
    recursive: { type: 'boolean', default: true, description: 'Whether folders below are searched too.' },
    max_matches: { type: 'integer', minimum: 1, maximum: 10_000, default: 100, description: 'Stop after so many.' },
    context_lines: {
      type: 'integer',
      minimum: 0,
      maximum: 20,
      default: 0,
      description: 'How many lines around each to show.',
    },
    tail_bytes: {
      type: 'integer',
      minimum: 1,
      description: 'Read only so much of the end of each file. Compressed files are passed over.',
    },
    since,
  },
}

const strings = { type: 'array', items: { type: 'string' } }
const count = { type: 'integer', minimum: 0 }

/** JSON Schema of the result's data. */
export const resultSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['matches', 'files', 'skipped', 'skipped_count', 'truncated'],
  properties: {
    matches: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'line', 'byte', 'text', 'before', 'after'],
        properties: {
          file: { type: 'string' },
          line: { type: ['integer', 'null'] },
          byte: count,
          text: { type: 'string' },
          before: strings,
          after: strings,
        },
      },
    },
    files: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'matches', 'end_byte', 'cut_lines'],
        properties: { file: { type: 'string' }, matches: count, end_byte: count, cut_lines: count },
      },
    },
    skipped: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['path', 'reason'],
        properties: { path: { type: 'string' }, reason: { type: 'string' } },
      },
    },
    skipped_count: count,
    truncated: { type: 'boolean' },
  },
}
