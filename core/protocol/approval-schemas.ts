const id = { type: 'string', minLength: 1, maxLength: 128 } as const
const text = { type: 'string', maxLength: 1024 } as const
const about = { command_id: id, request_id: { ...id, description: 'Made by the agent; answers name it.' } } as const
const target = { anyOf: [text, { type: 'null' }], description: 'The file or command it is about.' } as const

export const approvalRequestSchema = {
  description: 'A step of a running command waits for a person, until `expires_at` (RFC 3339) or its end.',
  type: 'object',
  required: ['command_id', 'request_id', 'tool', 'target', 'rule', 'expires_at'],
  properties: { ...about, tool: text, target, rule: text, expires_at: text },
} as const

export const approvalResponseSchema = {
  description: 'The decision, and whose. The first one counts; a late, unknown or foreign one changes nothing.',
  type: 'object',
  required: ['command_id', 'request_id', 'approved', 'user'],
  properties: { ...about, approved: { type: 'boolean' }, user: text },
} as const
