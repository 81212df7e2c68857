import { operatorLimitsSchema, permissionsSchema } from '@gururmm/plugin-sdk'

/** Also a folder name and a word of a command line, so no more than these characters. */
export const siteName = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' } as const
const pluginName = { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' } as const

const { concurrent, queued, rate, usage } = operatorLimitsSchema.properties
const { count, windowSeconds } = rate.properties
const { max } = usage.additionalProperties.properties

const window = { ...windowSeconds, description: 'In how many seconds, counted back from each start.' } as const

const rateLimit = {
  ...rate,
  description: 'At most `count` starts in any `windowSeconds` seconds.',
  properties: { count: { ...count, description: 'How many starts. 0 allows none.' }, windowSeconds: window },
} as const

const usageLimit = {
  ...usage,
  description:
    'Ceilings over what results tell as `usage`, by its key, e.g. `costUsd` of claude_task. Commands are counted when they end, so those that run may exceed it.',
  additionalProperties: {
    ...usage.additionalProperties,
    properties: {
      max: { ...max, description: 'No more start once the sum has reached it. 0 allows none.' },
      windowSeconds: window,
    },
  },
} as const

/** Short, for they are said above. */
const ofRequester = {
  concurrent: { ...concurrent, description: 'How many may run or wait at once.' },
  rate: { ...rateLimit, description: 'As above, of these commands alone.' },
  usage: { ...usageLimit, description: 'As above, of these commands alone.' },
} as const

/** The SDK's shape, with what each key means to an operator. */
const limitsOfType = {
  ...operatorLimitsSchema,
  properties: {
    concurrent: { ...concurrent, description: 'How many may run at once.' },
    queued: { ...queued, description: 'How many may wait for a place. 0: what cannot start at once is refused.' },
    rate: rateLimit,
    usage: usageLimit,
    perUser: {
      ...operatorLimitsSchema.properties.perUser,
      description: 'For each user alone, as the server names them; commands that name none count as one user.',
      properties: ofRequester,
    },
    perRole: {
      ...operatorLimitsSchema.properties.perRole,
      description: 'By role: for all its users together.',
      additionalProperties: { ...operatorLimitsSchema.properties.perUser, properties: ofRequester },
    },
  },
} as const

const { read, write, programs, network, environment } = permissionsSchema.properties

const grants = {
  ...permissionsSchema,
  description:
    'What a plugin from elsewhere may touch. If its manifest asks for more, it is not loaded. Shipped plugins need none.',
  properties: {
    read: { ...read, description: 'Absolute paths it may read, with all below them.' },
    write: { ...write, description: 'Absolute paths it may write, with all below them.' },
    programs: { ...programs, description: 'Programs it may start, by name or absolute path.' },
    network: { ...network, description: 'Whether it may open network connections.' },
    environment: { ...environment, description: 'Environment variables of the agent that it may see.' },
  },
} as const

const limitsByType = {
  description:
    'Limits by command type; each overrides the plugin’s own. Commands over a limit are refused at once, and refusals never count.',
  type: 'object',
  propertyNames: pluginName,
  additionalProperties: limitsOfType,
} as const

const pluginConfig = {
  description:
    'The plugin’s own settings; `gururmm-agent plugin info NAME` shows its schema. Checked when the plugin is loaded.',
  type: 'object',
  additionalProperties: true,
} as const

const pluginProperties = {
  use: {
    description:
      'Where the plugin comes from: a folder (begins with `.` or `/`, or a drive) or a package name. Absent: shipped with the agent.',
    type: 'string',
    minLength: 1,
    maxLength: 4096,
  },
  integrity: {
    description:
      'Digest over all files of the plugin, as `gururmm-agent plugin pin NAME` writes it. A plugin whose files differ is not loaded. Absent: nobody compares.',
    type: 'string',
    pattern: '^sha256-[0-9a-f]{64}$',
  },
  permissions: grants,
  isolation: {
    description:
      'What holds a plugin from elsewhere. `process`: a process of its own under Node’s permission model; `sandbox`: bubblewrap around that, on Linux. Default: `process`. Shipped plugins run in the agent’s process.',
    enum: ['process', 'sandbox'],
  },
  memoryMegabytes: {
    description:
      'JavaScript heap of an isolated plugin’s process, in MB. One that needs more is ended; so is, on Linux, one that takes over 256 MB beside it. Default: 256.',
    type: 'integer',
    minimum: 32,
    maximum: 65_536,
  },
  idleStopSeconds: {
    description: 'Seconds without a command after which an isolated plugin’s process is stopped. Default: 60.',
    type: 'number',
    minimum: 0,
    maximum: 86_400,
  },
  limits: limitsByType,
  config: pluginConfig,
} as const

const enabled = {
  description: 'Whether the plugin’s command types are served. Nothing from the server switches on what is off here.',
  type: 'boolean',
} as const

/** `plugins` of the config. */
export const pluginsSchema = {
  description: 'The plugins this agent has, by name. What is not named here does not exist for the server.',
  type: 'object',
  propertyNames: pluginName,
  default: {},
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      enabled: { ...enabled, default: true },
      ...pluginProperties,
      config: { ...pluginConfig, default: {} },
    },
  },
} as const

/** `sites` of the config. */
export const sitesSchema = {
  description: 'What differs at single sites; the section named by `agent.site` is laid over the rest of the file.',
  type: 'object',
  propertyNames: siteName,
  default: {},
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      plugins: {
        description: 'Laid over `plugins`, key by key; lists are replaced.',
        type: 'object',
        propertyNames: pluginName,
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: { enabled, ...pluginProperties },
        },
      },
    },
  },
} as const
