/** JSON Schema of what `shell` and `powershell` commands bring. */
export const lineSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: { type: 'string', minLength: 1, description: 'The command line, as one would type it.' },
  },
} as const

/** JSON Schema of what a `script` command brings. Absent and null mean the same. */
export const scriptSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['body'],
  properties: {
    body: { type: 'string', minLength: 1, description: 'The script itself.' },
    interpreter: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 4096,
      description: 'What runs it, e.g. `bash`, `python3`, `pwsh`: a name or an absolute path. Default: the operator’s.',
    },
    arguments: {
      type: ['array', 'null'],
      maxItems: 1024,
      items: { type: 'string' },
      description: 'Arguments of the script.',
    },
  },
} as const
