import type { Infer } from '@gururmm/plugin-sdk'
import { PROFILES } from './config/security-schema.ts'

/** JSON Schema of what a `claude_task` command brings. Absent and null mean the same: some servers write both. */
export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['task'],
  properties: {
    task: { type: 'string', maxLength: 200_000, description: 'What Claude is to do, in plain words.' },
    working_directory: {
      type: ['string', 'null'],
      maxLength: 4096,
      description:
        'Where: a directory inside a base directory of the policy, absolute or relative to the first one. Default: the first one.',
    },
    context_files: {
      type: ['array', 'null'],
      maxItems: 1000,
      items: { type: 'string', minLength: 1, maxLength: 4096 },
      description: 'Files that Claude is pointed to, inside the working directory, absolute or relative to it.',
    },
    profile: {
      enum: [...PROFILES, null],
      description: 'The profile to run under, at most the one that the policy gives to who asks. Default: that one.',
    },
  },
} as const

const textOrNull = { type: ['string', 'null'] } as const
const count = { type: 'integer', minimum: 0 } as const

const denial = {
  type: 'object',
  additionalProperties: false,
  required: ['tool', 'target', 'reason'],
  properties: {
    tool: { type: 'string' },
    target: { ...textOrNull, description: 'The file, pattern or command it was to be used on.' },
    reason: textOrNull,
  },
} as const

const decision = {
  type: 'object',
  additionalProperties: false,
  required: ['tool', 'target', 'decision', 'rule', 'by'],
  properties: {
    tool: { type: 'string' },
    target: { ...textOrNull, description: 'The file, pattern or command it was to be used on.' },
    decision: { enum: ['allow', 'deny'] },
    rule: { type: 'string', description: 'What decided: a key of the config, or the CLI’s own words.' },
    by: {
      type: 'string',
      description:
        'policy; cli, where the CLI denied by itself; agent, where the task ended first; the user who was asked; nobody, where none answered.',
    },
  },
} as const

const contextFile = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'bytes', 'sha256', 'given'],
  properties: {
    name: { type: 'string', description: 'Relative to the working directory.' },
    bytes: count,
    sha256: { type: 'string', description: 'Hex, of the file as it was when the task began.' },
    given: {
      enum: ['whole', 'name'],
      description: 'Whether Claude was given its content, or read it by its own tools.',
    },
  },
} as const

const fileChange = {
  type: 'object',
  additionalProperties: false,
  required: ['path', 'change', 'kind', 'before', 'after', 'size'],
  properties: {
    path: { type: 'string', description: 'Relative to the working directory.' },
    change: { enum: ['created', 'changed', 'removed'] },
    kind: { enum: ['file', 'directory', 'link', 'other'] },
    before: {
      ...textOrNull,
      description: 'SHA-256 (hex) of the content before; null: there was none, or it was not read.',
    },
    after: { ...textOrNull, description: 'SHA-256 (hex) of the content after the task.' },
    size: { type: ['integer', 'null'], description: 'In bytes, after the task.' },
  },
} as const

const changes = {
  type: ['object', 'null'],
  additionalProperties: false,
  required: ['complete', 'left_out', 'files'],
  description:
    'What became different in the working directory while the task ran, by whomever. null: the profile has no tool that changes files.',
  properties: {
    complete: {
      type: 'boolean',
      description: 'false: the directory holds more than is looked at, so changes may be missing here.',
    },
    left_out: { ...count, description: 'How many more changed than are listed.' },
    files: { type: 'array', items: fileChange },
  },
} as const

const layers = {
  type: 'object',
  additionalProperties: false,
  required: ['sandbox', 'sandbox_reason', 'network', 'masks', 'requests', 'requests_refused', 'set_aside'],
  description: 'What stood between the CLI and the machine.',
  properties: {
    sandbox: {
      enum: ['bubblewrap', 'cli', 'none'],
      description: 'bubblewrap: the whole CLI ran in a sandbox; cli: its commands alone; none: see sandbox_reason.',
    },
    sandbox_reason: { ...textOrNull, description: 'Why there was no sandbox.' },
    network: { enum: ['broker', 'open'], description: 'broker: nothing but the Messages API could be reached.' },
    masks: {
      enum: ['all', 'some', 'none'],
      description:
        'Whether what no tool may read or change was kept from commands too. some: the directory held more than was looked through.',
    },
    requests: { ...count, description: 'Requests that reached the API.' },
    requests_refused: { ...count, description: 'Requests of the task that were kept from the API.' },
    set_aside: {
      type: 'array',
      items: { type: 'string' },
      description: 'Files that commands made though they may not; each was given another name. The first 50.',
    },
  },
} as const

/** JSON Schema of the result's `data`. */
export const resultSchema = {
  type: 'object',
  additionalProperties: false,
  required: [
    'session_id',
    'model',
    'cli_version',
    'working_directory',
    'context_files',
    'profile',
    'layers',
    'turns',
    'cost_usd',
    'duration_ms',
    'stop_reason',
    'usage',
    'decisions',
    'decisions_left_out',
    'denials',
    'denials_left_out',
    'changes',
  ],
  properties: {
    session_id: textOrNull,
    model: textOrNull,
    cli_version: { type: 'string' },
    working_directory: { type: 'string', description: 'Canonical path.' },
    context_files: { type: 'array', items: contextFile, description: 'The files that the task named.' },
    profile: { enum: PROFILES, description: 'The profile that the task ran under.' },
    layers,
    turns: { ...count, description: 'As the CLI counts them; of a task that was stopped the answers that had begun.' },
    cost_usd: {
      type: 'number',
      description:
        'At list prices, as the CLI reckons it; of a task that was stopped what its whole answers cost, as far as it was known.',
    },
    duration_ms: { ...count, description: 'How long the CLI ran.' },
    stop_reason: textOrNull,
    usage: {
      type: 'object',
      additionalProperties: false,
      required: ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'],
      properties: {
        input_tokens: count,
        output_tokens: count,
        cache_creation_input_tokens: count,
        cache_read_input_tokens: count,
      },
    },
    decisions: { type: 'array', items: decision, description: 'Tool uses, each with the decision about it.' },
    decisions_left_out: { ...count, description: 'How many more there were than are listed.' },
    denials: { type: 'array', items: denial, description: 'Tool uses that were denied.' },
    denials_left_out: { ...count, description: 'How many more were denied than are listed.' },
    changes,
  },
} as const

/** A command's input as its handler gets it. */
export type TaskInput = Infer<typeof inputSchema>
/** The result's `data`. */
export type TaskData = Infer<typeof resultSchema>
/** The decision about a tool use. */
export type Decision = TaskData['decisions'][number]
/** A tool use that was denied. */
export type Denial = TaskData['denials'][number]
