import { environmentVariables } from './environment-schema.ts'

/** Every tool that a profile may give, the harmless first. */
export const TOOLS = ['Read', 'Glob', 'Grep', 'Edit', 'Write', 'Bash'] as const

const LOOKING = ['Read', 'Glob', 'Grep'] as const
const EDITING = ['Read', 'Glob', 'Grep', 'Edit', 'Write'] as const

const pattern = { type: 'string', minLength: 1, maxLength: 1024 } as const

const decision = {
  enum: ['allow', 'deny', 'ask'],
  description:
    'ask: a person decides, by the server’s approvals. Where several rules fit, deny wins over ask, ask over allow.',
} as const

const patterns = { type: 'array', minItems: 1, maxItems: 64, items: pattern } as const

const fileRule = {
  type: 'object',
  additionalProperties: false,
  required: ['decision', 'tools'],
  properties: {
    decision,
    tools: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { enum: EDITING },
      description: 'Calls of these tools.',
    },
    paths: {
      ...patterns,
      description:
        'Only calls on these files or folders and all below them: "/srv/www", or "*.conf" in any folder. Absent: whatever they are on.',
    },
  },
} as const

const commandRule = {
  type: 'object',
  additionalProperties: false,
  required: ['decision', 'tools'],
  properties: {
    decision,
    tools: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: { enum: ['Bash'] },
      description: 'Calls of Bash.',
    },
    commands: {
      ...patterns,
      description:
        'Only command lines like these; * stands for any text. To deny or ask it is enough that a part of the line fits; to allow, the whole line has to, with no shell operators where * stands. A help against mistakes, not a wall: the sandbox is that.',
    },
  },
} as const

const rules = {
  type: 'object',
  maxProperties: 128,
  default: {},
  propertyNames: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
  additionalProperties: { anyOf: [fileRule, commandRule] },
  description:
    'Rules for single calls, by name. None may give more than the profile’s tools and the base directories do.',
} as const

const otherwise = {
  enum: ['allow', 'ask', 'deny'],
  default: 'allow',
  description: 'What becomes of a call of the profile’s tools that no rule fits.',
} as const

const model = {
  type: ['string', 'null'],
  maxLength: 128,
  pattern: '^[A-Za-z0-9]',
  default: null,
  description: 'Model name or alias (opus, sonnet, haiku). null: the CLI’s own default.',
} as const

const turns = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  description: 'How many turns Claude may take for one task.',
} as const

const budget = {
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 1000,
  description:
    'What one task may cost, in US dollars at list prices. The CLI checks it after each turn, so the last turn may exceed it.',
} as const

const environment = {
  ...environmentVariables,
  default: {},
  description:
    'More variables for the CLI and what Bash starts, over those of the plugin’s own environment. No secrets: they are shown by `config print`.',
} as const

const sandbox = {
  enum: ['required', 'auto', 'off'],
  default: 'auto',
  description:
    'Whether the CLI runs in a sandbox of the operating system. required: with none, no task; auto: where this machine has one; off: never.',
} as const

const inspect = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'Looks and answers; changes nothing.',
  properties: {
    tools: {
      type: 'array',
      uniqueItems: true,
      items: { enum: LOOKING },
      default: [...LOOKING],
      description: 'The tools that Claude has: Read reads files, Glob finds them by name, Grep by content.',
    },
    rules,
    otherwise,
    sandbox,
    environment,
    model,
    maxTurns: { ...turns, default: 30 },
    maxBudgetUsd: { ...budget, default: 1 },
  },
} as const

const maintain = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'Looks, and changes files in base directories that are read-write.',
  properties: {
    tools: {
      type: 'array',
      uniqueItems: true,
      items: { enum: EDITING },
      default: [...EDITING],
      description: 'The tools that Claude has. Edit changes files, Write makes and replaces them.',
    },
    rules,
    otherwise,
    sandbox,
    environment,
    model,
    maxTurns: { ...turns, default: 50 },
    maxBudgetUsd: { ...budget, default: 2 },
  },
} as const

const operate = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'Runs commands too, in a sandbox or not at all.',
  properties: {
    tools: {
      type: 'array',
      uniqueItems: true,
      items: { enum: TOOLS },
      default: [...TOOLS],
      description: 'The tools that Claude has. Bash runs commands.',
    },
    rules,
    otherwise,
    sandbox: {
      enum: ['required'],
      default: 'required',
      description: 'Commands run in a sandbox of the operating system; a machine that has none refuses the task.',
    },
    networkHosts: {
      type: 'array',
      maxItems: 256,
      uniqueItems: true,
      default: [],
      items: { type: 'string', maxLength: 253, pattern: '^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$' },
      description: 'Hosts that commands may reach, e.g. "deb.debian.org" or "*.example.com". Empty: none.',
    },
    environment,
    model,
    maxTurns: { ...turns, default: 50 },
    maxBudgetUsd: { ...budget, default: 2 },
  },
} as const

/** JSON Schema of `security.profiles`. */
export const profiles = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description:
    'What a task may do, by the profile that it runs under; each key lays its changes over the profile’s defaults.',
  properties: { inspect, maintain, operate },
} as const
