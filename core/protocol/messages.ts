import type { FromSchema } from 'json-schema-to-ts'
import type { CAPABILITIES, MESSAGES } from './schemas.ts'

type Messages = typeof MESSAGES
type Payload<T extends keyof Messages> = FromSchema<Messages[T]['schema']>
type MessageFrom<S extends 'server' | 'agent'> = {
  [T in keyof Messages]: Messages[T]['from'] extends S ? { type: T; payload: Payload<T> } : never
}[keyof Messages]

export type Capability = (typeof CAPABILITIES)[number]

export type AuthPayload = Payload<'auth'>
export type AuthAckPayload = Payload<'auth_ack'>
export type HeartbeatPayload = Payload<'heartbeat'>
export type CommandPayload = Payload<'command'>
export type CommandAckPayload = Payload<'command_ack'>
export type CommandCancelPayload = Payload<'command_cancel'>
export type CommandProgressPayload = Payload<'command_progress'>
export type CommandResultPayload = Payload<'command_result'>
export type CommandResultAckPayload = Payload<'command_result_ack'>
export type ApprovalRequestPayload = Payload<'approval_request'>
export type ApprovalResponsePayload = Payload<'approval_response'>
export type SiteProfilePayload = Payload<'site_profile'>
export type SiteProfileAppliedPayload = Payload<'site_profile_applied'>
export type QueryPayload = Payload<'query'>
export type QueryResultPayload = Payload<'query_result'>
export type ErrorPayload = Payload<'error'>

/** What the agent may receive. */
export type ServerMessage = MessageFrom<'server'>

/** What the agent may send. */
export type AgentMessage = MessageFrom<'agent'>
