import type { Infer } from '@gururmm/plugin-sdk'

/** Variables that the plugin itself gives the CLI, or that would carry a secret in plain sight; the config may not name them. */
const RESERVED_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'APPDATA',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CONFIG_DIR',
  'CLAUDE_CODE_TMPDIR',
  'HOME',
  'LOCALAPPDATA',
  'TMPDIR',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'XDG_RUNTIME_DIR',
] as const

const security = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description:
    'What a task may be and what Claude may do. Only the operator sets this; nothing from the server widens it.',
  properties: {
    baseDirectories: {
      type: 'array',
      maxItems: 64,
      default: [],
      items: { type: 'string', format: 'path', minLength: 1, maxLength: 4096 },
      description:
        'Tasks run in these directories and below; the first is used where a task names none. Empty: C:\\Shares\\test on Windows; elsewhere every task is refused.',
    },
    tools: {
      type: 'array',
      uniqueItems: true,
      default: ['Read', 'Glob', 'Grep'],
      items: { enum: ['Read', 'Glob', 'Grep', 'Edit', 'Write', 'Bash'] },
      description:
        'The tools that Claude has. Read, Glob and Grep only look; Edit and Write change files below the working directory; Bash runs commands (see sandbox).',
    },
    permissionMode: {
      enum: ['manual', 'acceptEdits', 'dontAsk'],
      default: 'acceptEdits',
      description:
        'How the CLI decides about a tool call that no rule names. Nobody can be asked, so what would ask is denied: manual denies edits, acceptEdits allows them in the working directory, dontAsk denies whatever no rule allows.',
    },
    allowRules: {
      type: 'array',
      maxItems: 256,
      default: [],
      items: { type: 'string', minLength: 1, maxLength: 1024 },
      description:
        'Permission rules of the CLI that allow more, e.g. "Bash(git status)". A bare tool name allows every use of it.',
    },
    denyRules: {
      type: 'array',
      maxItems: 256,
      default: [],
      items: { type: 'string', minLength: 1, maxLength: 1024 },
      description: 'Permission rules of the CLI that deny, e.g. "Read(**/.env)". They win over allowRules.',
    },
    sandbox: {
      enum: ['required', 'off'],
      default: 'required',
      description:
        'Whether Bash runs inside the CLI’s own sandbox (Linux: bubblewrap and socat; not on Windows), with no sandbox meaning no task. off: Bash may do whatever the account it runs under may do.',
    },
    taskFilter: {
      enum: ['strict', 'safe'],
      default: 'strict',
      description:
        'strict refuses & | ; ` $ ( ) < > and line ends in a task, and all that safe refuses: control characters, invisible and direction-changing characters, broken Unicode.',
    },
    maxTaskCharacters: {
      type: 'integer',
      minimum: 1,
      maximum: 200_000,
      default: 10_000,
      description: 'Longest task, in Unicode characters.',
    },
    maxContextFiles: {
      type: 'integer',
      minimum: 0,
      maximum: 1000,
      default: 50,
      description: 'How many context files a task may name.',
    },
    maxContextFileBytes: {
      type: 'integer',
      minimum: 1,
      default: 104_857_600,
      description: 'Largest context file, in bytes. A larger one is refused.',
    },
    inlineContextBytes: {
      type: 'integer',
      minimum: 0,
      maximum: 1_048_576,
      default: 65_536,
      description:
        'Context files that fit together into so many bytes are given whole with the task. Of the others Claude gets the names, and reads the parts it needs. 0: only names.',
    },
    maxTurns: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 30,
      description: 'How many turns Claude may take for one task.',
    },
    maxBudgetUsd: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1000,
      default: 1,
      description:
        'What one task may cost, in US dollars at list prices. The CLI checks it after each turn, so the last turn may exceed it.',
    },
    model: {
      type: ['string', 'null'],
      maxLength: 128,
      pattern: '^[A-Za-z0-9]',
      default: null,
      description: 'Model name or alias (opus, sonnet, haiku). null: the CLI’s own default.',
    },
  },
} as const

/** JSON Schema of `plugins.claude_task.config`, defaults and descriptions included. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cliPath: {
      type: ['string', 'null'],
      format: 'path',
      maxLength: 4096,
      default: null,
      description: 'The Claude Code CLI’s program. null: `claude` on the PATH, then where its installers put it.',
    },
    apiKeyFile: {
      type: ['string', 'null'],
      format: 'secret-file',
      maxLength: 4096,
      default: null,
      description:
        'File with the Anthropic API key (or a long-lived token made by `claude setup-token`), readable by the agent’s user alone. Required.',
    },
    environment: {
      type: 'object',
      default: {},
      maxProperties: 64,
      propertyNames: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', not: { enum: RESERVED_VARIABLES } },
      additionalProperties: { type: 'string', maxLength: 32_768 },
      description:
        'Variables for the CLI, e.g. HTTPS_PROXY, NODE_EXTRA_CA_CERTS or ANTHROPIC_BASE_URL. No secrets: they are shown by `config print`.',
    },
    idleTimeoutSeconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 86_400,
      default: 180,
      description:
        'A task of which nothing is heard for so long is ended. A single API attempt is given two thirds of it.',
    },
    security,
  },
} as const

/** The plugin's config, validated and with its defaults. */
export type Config = Infer<typeof configSchema>
/** What a task may be and what Claude may do. */
export type Security = Config['security']
