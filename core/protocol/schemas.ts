import { approvalRequestSchema, approvalResponseSchema } from './approval-schemas.ts'
import { errorSchema, queryResultSchema, querySchema } from './query-schemas.ts'
import { siteProfileAppliedSchema, siteProfileSchema } from './site-profile-schemas.ts'

/**
 * One JSON Schema for the payload of each message. The types (messages.ts), the run-time checks (decode.ts) and docs/protocol.md all
 * come from here.
 */

const INT32 = { type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 } as const

/** Long enough for any id scheme in use, short enough to be a key and a file name's source. */
const commandId = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'The command’s id, chosen by the server.',
} as const
const string = { type: 'string' } as const
const nullableString = { anyOf: [string, { type: 'null' }] } as const
const text = { type: 'string', maxLength: 1024 } as const
const nullableText = { anyOf: [text, { type: 'null' }] } as const
const count = { type: 'integer', minimum: 0 } as const

/** What either side may add to the spec's messages; a capability is used only once `auth_ack` listed it. */
// biome-ignore format: one line a list
export const CAPABILITIES = ['command_ack', 'command_progress', 'command_result_ack', 'command_cancel', 'result_details', 'query', 'site_profile', 'approvals', 'error'] as const

export const commandSchema = {
  description: 'Asks the agent to run something. Answered with exactly one `command_result`.',
  type: 'object',
  required: ['id', 'command_type'],
  properties: {
    id: commandId,
    command_type: {
      description:
        'The type’s name (the input is then `{ "command": payload.command }`), or an object with the name as its one key and the input as its value.',
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 64 },
        { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: true },
      ],
    },
    command: {
      description: 'The command text, for types that take one; empty or absent elsewhere.',
      anyOf: [{ type: 'string' }, { type: 'null' }],
    },
    timeout_seconds: {
      description:
        'Seconds from start to deadline. Absent, null or 0: the type’s default; above the agent’s maximum: clamped.',
      anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }],
    },
    elevated: {
      description:
        'Whether to keep the agent’s own rights. Default: false; true is refused where the type has no elevation.',
      anyOf: [{ type: 'boolean' }, { type: 'null' }],
    },
    requested_by: {
      description: 'The person or system behind the command, for policy, limits and history.',
      anyOf: [{ type: 'object', properties: { user: nullableText, role: nullableText } }, { type: 'null' }],
    },
    expires_at: {
      description: 'RFC 3339 time after which the command must not start.',
      anyOf: [{ type: 'string', maxLength: 64 }, { type: 'null' }],
    },
  },
} as const

const errorDetails = {
  description: 'Why there is no ordinary end; null where a program ran to its own end.',
  anyOf: [
    {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'See docs/errors.md.' },
        message: { type: 'string' },
        retry_after_seconds: { type: 'number', minimum: 0 },
        rule: { type: 'string', description: 'The policy rule that refused it.' },
        cause: {
          type: 'string',
          description:
            'The code of what else went wrong as the command was stopped, e.g. `HANDLER_STUCK`: its code may still run.',
        },
      },
    },
    { type: 'null' },
  ],
} as const

const truncatedStream = {
  type: 'object',
  required: ['total_bytes', 'dropped_bytes', 'sha256'],
  properties: {
    ...{ total_bytes: count, dropped_bytes: count },
    sha256: { type: 'string', description: 'Hex digest of all bytes of the stream, those left out included.' },
  },
} as const

export const commandResultSchema = {
  description: 'The one final record of a command.',
  type: 'object',
  required: ['command_id', 'exit_code', 'stdout', 'stderr', 'duration_ms'],
  properties: {
    command_id: { type: 'string' },
    exit_code: {
      ...INT32,
      description: 'The program’s own, or 0 done, 1 failed, 124 timed out, -1 refused or could not run.',
    },
    stdout: { type: 'string' },
    stderr: { type: 'string', description: 'The program’s own, or why there is none in one plain sentence.' },
    duration_ms: { ...count, description: 'From start to end of the run; 0 where nothing ran.' },
    error: errorDetails,
    truncation: {
      description: 'The streams of which something was left out.',
      type: 'object',
      properties: { stdout: truncatedStream, stderr: truncatedStream },
    },
    plugin: { type: 'string' },
    data: { description: 'Structured result of the command’s type.' },
    usage: { type: 'object', additionalProperties: { type: 'number' } },
  },
} as const

const pluginState = {
  type: 'object',
  required: ['name', 'state'],
  properties: { name: string, state: { enum: ['enabled', 'disabled', 'failed'] }, reason: nullableString },
} as const

const announcedCommand = {
  type: 'object',
  required: ['type', 'schema_digest'],
  properties: { type: string, schema_digest: string },
} as const

const announcedPlugin = {
  type: 'object',
  required: ['name', 'version', 'state', 'commands'],
  properties: { name: string, version: string, state: string, commands: { type: 'array', items: announcedCommand } },
} as const

export const authSchema = {
  description:
    'The first frame of every connection. The token travels in the upgrade request’s `Authorization: Bearer` header.',
  type: 'object',
  required: ['agent_id'],
  properties: {
    ...{ agent_id: string, site: string },
    protocol_version: { const: 1 },
    ...{ agent_version: string, hostname: string, os: string, os_version: string, arch: string },
    capabilities: { type: 'array', items: { type: 'string' } },
    plugins: { type: 'array', items: announcedPlugin },
    token: { type: 'string', description: 'Only where the config asks for it (`server.tokenInMessage`).' },
  },
} as const

export const authAckSchema = {
  description: 'The server’s answer to `auth`. A server that never sends it is served all the same.',
  type: 'object',
  required: ['success'],
  properties: {
    success: { type: 'boolean' },
    agent_id: { type: 'string' },
    message: { type: 'string', maxLength: 4096, description: 'Why not, where `success` is false.' },
    heartbeat_seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600 },
    capabilities: { type: 'array', maxItems: 256, items: { type: 'string', maxLength: 64 } },
    site_profile: {
      description: 'As the payload of `site_profile`. null or absent: what the agent has stays in force.',
    },
  },
} as const

export const heartbeatSchema = {
  description: 'Sent every `heartbeat_seconds`.',
  type: 'object',
  required: ['agent_id', 'uptime_seconds', 'running', 'queued', 'outbox'],
  properties: {
    ...{ agent_id: string, uptime_seconds: count, running: count, queued: count },
    outbox: { ...count, description: 'Results not yet acknowledged.' },
    event_loop_lag_ms: { type: 'number', minimum: 0, description: 'p99 since the last heartbeat.' },
    plugins: { type: 'array', items: pluginState },
    journal: {
      description: 'Where it is not available, commands are refused with `JOURNAL_UNAVAILABLE`.',
      type: 'object',
      properties: { available: { type: 'boolean' }, reason: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    },
    config_digest: { type: 'string' },
    config_problem: { ...nullableText, description: 'Why the config file as it is now is not (wholly) in force.' },
  },
} as const

export const commandAckSchema = {
  description: 'The agent has taken, already knows, or will not answer a command. Never final.',
  type: 'object',
  required: ['command_id', 'status'],
  properties: { command_id: string, status: { enum: ['accepted', 'duplicate', 'rejected'] }, code: nullableString },
} as const

export const commandCancelSchema = {
  description: 'Asks the agent to end a command, wherever it is. May be repeated; the result says how it ended.',
  type: 'object',
  required: ['command_id'],
  properties: { command_id: commandId },
} as const

export const commandProgressSchema = {
  description: 'News of a running command. Best effort: pieces may be dropped, and `dropped` says how many.',
  type: 'object',
  required: ['command_id', 'seq', 'stream', 'data'],
  properties: {
    command_id: { type: 'string' },
    seq: { type: 'integer', minimum: 1 },
    stream: { enum: ['stdout', 'stderr', 'event'] },
    offset: { ...count, description: 'Of `data` in its stream, in bytes of UTF-8; 0 for events.' },
    data: { description: 'Text for stdout and stderr, an object for event.' },
    dropped: { ...count, description: 'Pieces left out just before this one.' },
  },
} as const

export const commandResultAckSchema = {
  description: 'The server has the result; the agent may forget its output.',
  type: 'object',
  required: ['command_id'],
  properties: { command_id: commandId },
} as const

/** Every message, with who sends it and what it needs; the order is that of docs/protocol.md. */
export const MESSAGES = {
  auth: { from: 'agent', capability: null, schema: authSchema },
  auth_ack: { from: 'server', capability: null, schema: authAckSchema },
  heartbeat: { from: 'agent', capability: null, schema: heartbeatSchema },
  command: { from: 'server', capability: null, schema: commandSchema },
  command_ack: { from: 'agent', capability: 'command_ack', schema: commandAckSchema },
  command_progress: { from: 'agent', capability: 'command_progress', schema: commandProgressSchema },
  command_result: { from: 'agent', capability: null, schema: commandResultSchema },
  command_result_ack: { from: 'server', capability: 'command_result_ack', schema: commandResultAckSchema },
  command_cancel: { from: 'server', capability: 'command_cancel', schema: commandCancelSchema },
  approval_request: { from: 'agent', capability: 'approvals', schema: approvalRequestSchema },
  approval_response: { from: 'server', capability: 'approvals', schema: approvalResponseSchema },
  site_profile: { from: 'server', capability: 'site_profile', schema: siteProfileSchema },
  site_profile_applied: { from: 'agent', capability: 'site_profile', schema: siteProfileAppliedSchema },
  query: { from: 'server', capability: 'query', schema: querySchema },
  query_result: { from: 'agent', capability: 'query', schema: queryResultSchema },
  error: { from: 'agent', capability: 'error', schema: errorSchema },
} as const
