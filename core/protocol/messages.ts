import type { FromSchema } from 'json-schema-to-ts'
import type { errorSchema, queryResultSchema, querySchema } from './query-schemas.ts'
import type {
  authAckSchema,
  authSchema,
  CAPABILITIES,
  commandAckSchema,
  commandCancelSchema,
  commandProgressSchema,
  commandResultAckSchema,
  commandResultSchema,
  commandSchema,
  heartbeatSchema,
} from './schemas.ts'

export type Capability = (typeof CAPABILITIES)[number]

export type AuthPayload = FromSchema<typeof authSchema>
export type AuthAckPayload = FromSchema<typeof authAckSchema>
export type HeartbeatPayload = FromSchema<typeof heartbeatSchema>
export type CommandPayload = FromSchema<typeof commandSchema>
export type CommandAckPayload = FromSchema<typeof commandAckSchema>
export type CommandCancelPayload = FromSchema<typeof commandCancelSchema>
export type CommandProgressPayload = FromSchema<typeof commandProgressSchema>
export type CommandResultPayload = FromSchema<typeof commandResultSchema>
export type CommandResultAckPayload = FromSchema<typeof commandResultAckSchema>
export type QueryPayload = FromSchema<typeof querySchema>
export type QueryResultPayload = FromSchema<typeof queryResultSchema>
export type ErrorPayload = FromSchema<typeof errorSchema>

/** What the agent may receive. */
export type ServerMessage =
  | { type: 'auth_ack'; payload: AuthAckPayload }
  | { type: 'command'; payload: CommandPayload }
  | { type: 'command_cancel'; payload: CommandCancelPayload }
  | { type: 'command_result_ack'; payload: CommandResultAckPayload }
  | { type: 'query'; payload: QueryPayload }

/** What the agent may send. */
export type AgentMessage =
  | { type: 'auth'; payload: AuthPayload }
  | { type: 'heartbeat'; payload: HeartbeatPayload }
  | { type: 'command_ack'; payload: CommandAckPayload }
  | { type: 'command_progress'; payload: CommandProgressPayload }
  | { type: 'command_result'; payload: CommandResultPayload }
  | { type: 'query_result'; payload: QueryResultPayload }
  | { type: 'error'; payload: ErrorPayload }
