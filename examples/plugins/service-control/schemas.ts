import type { Infer } from '@gururmm/plugin-sdk'

/** No leading `-`, which would be an option, and nothing that stands for other names. */
const NAME = '^[A-Za-z0-9_][A-Za-z0-9_:.@$\\\\ -]*$'

/** JSON Schema of `plugins.service_control.config`. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    restartable: {
      type: 'array',
      maxItems: 256,
      items: { type: 'string', minLength: 1, maxLength: 256, pattern: '^[A-Za-z0-9_][A-Za-z0-9_:.@$\\\\ -]*\\*?$' },
      default: [],
      description:
        'The services that may be restarted: names, or the begin of names with a `*` behind. None: no service.',
    },
    program: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 4096,
      default: null,
      description:
        'The program that services are managed with: a name or an absolute path. null: systemctl, on Windows powershell.exe.',
    },
  },
} as const

export type ServiceConfig = Infer<typeof configSchema>

/** JSON Schema of what `service_list` brings. */
export const listSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    state: {
      enum: ['running', 'stopped', 'failed', 'changing', 'unknown'],
      description: 'Only services in this state. Default: all.',
    },
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 256,
      description: 'Only services with this text in their name or description, in any case.',
    },
  },
} as const

/** JSON Schema of what `service_status` and `service_restart` bring. */
export const nameSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      maxLength: 256,
      pattern: NAME,
      description: 'The name of the service; in systemd, `.service` may be left out.',
    },
  },
} as const

/** JSON Schema of one service. */
export const serviceSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'description', 'state', 'detail', 'start', 'pid'],
  properties: {
    name: { type: 'string' },
    description: { type: 'string' },
    state: { enum: ['running', 'stopped', 'failed', 'changing', 'unknown'] },
    detail: { type: 'string' },
    start: { type: ['string', 'null'] },
    pid: { type: ['integer', 'null'] },
  },
} as const

/** JSON Schema of a list's data. */
export const listResultSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['services'],
  properties: { services: { type: 'array', items: serviceSchema } },
} as const

/** JSON Schema of a restart's data. */
export const restartResultSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['before', 'after'],
  properties: { before: serviceSchema, after: serviceSchema },
} as const
