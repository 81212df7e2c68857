import type { FromSchema } from 'json-schema-to-ts'
import { journalSchema } from './journal-schema.ts'
import { pluginsSchema, siteName, sitesSchema } from './plugins-schema.ts'

/**
 * The one schema of `agent.config.json`: checks, defaults, types, docs/configuration.md and editors' completion all come from here. A
 * key enters with the code that enforces it. `format: "path"`: relative to the config file; made absolute on loading.
 */

/** Longer than a year is a mistake in the unit; it also keeps timers below Node's 2^31 ms, which the longest of them count in. */
const seconds = { type: 'number', exclusiveMinimum: 0, maximum: 86_400 } as const

const agentSchema = {
  description: 'Who this agent is, and how it runs programs.',
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    id: {
      description: 'The agent’s name towards the server. null: a UUID, made once and kept in `dataDir`/agent-id.',
      type: ['string', 'null'],
      pattern: '^[!-~]{1,128}$',
      default: null,
    },
    site: {
      ...siteName,
      description: 'The site this agent is installed at; picks the section of `sites`.',
      default: 'default',
    },
    dataDir: {
      description:
        'The folder for everything the agent keeps. Made if missing, for the agent’s user alone; one agent a folder.',
      type: 'string',
      format: 'path',
      default: './var',
    },
    runAs: {
      description:
        'The user that programs run as when the agent is root and the command is not elevated. null: the agent’s own user. Ignored where the agent is not root.',
      type: ['string', 'null'],
      pattern: '^[^\\s:/]{1,64}$',
      default: null,
    },
    pluginUser: {
      description:
        'The user that plugins which are not shipped run as when the agent is root. Must not be root. Ignored where the agent is not root.',
      type: 'string',
      pattern: '^[^\\s:/]{1,64}$',
      default: 'nobody',
    },
    runContainment: {
      description:
        'What holds the programs of one command together, so that none outlives it. `auto`: the first of cgroup, pid_namespace and process_group that this machine offers; `gururmm-agent doctor` names it.',
      enum: ['auto', 'cgroup', 'pid_namespace', 'process_group'],
      default: 'auto',
    },
  },
} as const

const serverSchema = {
  description: 'The server that the agent dials.',
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      description:
        'WebSocket address, e.g. `wss://rmm.example.com/agent`. `ws://` only to this machine itself, unless `allowInsecure`.',
      type: 'string',
      format: 'websocket-url',
    },
    allowInsecure: {
      description:
        'Whether `ws://` may leave this machine. The token and every command then cross the network in the clear.',
      type: 'boolean',
      default: false,
    },
    tokenFile: {
      description:
        'A file that holds the agent’s token in one line, for the agent’s user alone (chmod 600). Read at every connect, so that it can be replaced. The environment variable GURURMM_TOKEN goes before it. null: no file.',
      type: ['string', 'null'],
      format: 'path',
      default: null,
    },
    tokenInMessage: {
      description:
        'Whether the `auth` message holds the token too, for servers that cannot read the upgrade request’s headers.',
      type: 'boolean',
      default: false,
    },
    tls: {
      description: 'How the server is recognised over `wss://`.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        caFile: {
          description: 'PEM file of the authorities to trust, in place of the public ones. null: the public ones.',
          type: ['string', 'null'],
          format: 'path',
          default: null,
        },
      },
    },
    heartbeatSeconds: {
      ...seconds,
      description: 'Seconds between heartbeats, unless the server asks for another pace.',
      maximum: 3600,
      default: 30,
    },
    reconnect: {
      description:
        'How long to wait before dialling again: doubled after each failure, between these two, and picked at random below.',
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        minSeconds: { ...seconds, description: 'Seconds after the first failure.', default: 1 },
        maxSeconds: { ...seconds, description: 'Seconds at most. Not below `minSeconds`.', default: 60 },
      },
    },
  },
} as const

const agentLimitsSchema = {
  description: 'Limits over all plugins together.',
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    maxConcurrentCommands: {
      description: 'How many commands may run at once.',
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      default: 16,
    },
    maxQueuedCommands: {
      description: 'How many commands may wait for a place; more are refused at once.',
      type: 'integer',
      minimum: 0,
      maximum: 100_000,
      default: 64,
    },
    defaultTimeoutSeconds: {
      description: 'Deadline of a command that names none, and whose type has none. Not above `maxTimeoutSeconds`.',
      ...seconds,
      maximum: 31_536_000,
      default: 300,
    },
    maxTimeoutSeconds: {
      description: 'Longest deadline a command can have; a longer one is cut to it.',
      ...seconds,
      maximum: 31_536_000,
      default: 86_400,
    },
    maxOutputBytes: {
      description:
        'Bytes kept of each output stream of a command: half from its beginning, half from its end. The result tells what was left out.',
      type: 'integer',
      minimum: 1024,
      maximum: 67_108_864,
      default: 1_048_576,
    },
  },
} as const

const securitySchema = {
  description: 'What is demanded of this file itself.',
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    requireProtectedConfig: {
      description:
        'Whether only root may change this file: it, the folders above it and every link on the way must belong to root and be writable by nobody else (on Windows: by nobody but Administrators and the system). Else the agent does not start, and takes no change of it while it runs; once demanded, only a new start ends that. Best set where the agent is started, so that nobody can take it out of the file.',
      type: 'boolean',
      default: false,
    },
  },
} as const

const logSchema = {
  description: 'The agent’s own log. Secrets are masked in it.',
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    level: {
      description: 'The least serious lines to write.',
      enum: ['debug', 'info', 'warn', 'error'],
      default: 'info',
    },
    file: {
      description: 'Where to write, as JSON lines. null: standard error.',
      type: ['string', 'null'],
      format: 'path',
      default: null,
    },
    maxBytes: {
      description: 'Size at which `file` is set aside as `file`.1 and begun anew.',
      type: 'integer',
      minimum: 4096,
      maximum: 1_099_511_627_776,
      default: 10_485_760,
    },
    files: {
      description: 'How many files to keep, the current one included.',
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 5,
    },
  },
} as const

/** JSON Schema (draft-07) of `agent.config.json`. */
export const configSchema = {
  description: 'Settings and policy of a GuruRMM agent. Relative paths start at the folder of this file.',
  type: 'object',
  additionalProperties: false,
  required: ['server'],
  properties: {
    $schema: { description: 'For editors; the agent does not read it.', type: 'string' },
    agent: agentSchema,
    server: serverSchema,
    limits: agentLimitsSchema,
    security: securitySchema,
    plugins: pluginsSchema,
    sites: sitesSchema,
    journal: journalSchema,
    log: logSchema,
  },
} as const

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** The effective config: complete, paths absolute, frozen. */
export type AgentConfig = DeepReadonly<Omit<FromSchema<typeof configSchema>, '$schema'>>

/** One entry of {@link AgentConfig.plugins}. */
export type PluginConfig = AgentConfig['plugins'][string]
