import { profiles } from './profiles-schema.ts'

/** Every profile, from the least to the greatest. */
export const PROFILES = ['inspect', 'maintain', 'operate'] as const

const profileOrNone = { enum: [...PROFILES, 'none'] } as const

const path = { type: 'string', format: 'path', minLength: 1, maxLength: 4096 } as const

const baseDirectory = {
  anyOf: [
    path,
    {
      type: 'object',
      additionalProperties: false,
      required: ['path'],
      properties: {
        path: { ...path, description: 'The directory.' },
        access: {
          enum: ['read-only', 'read-write'],
          description: 'read-write: profiles that edit may change files in it. Default: read-only.',
        },
      },
    },
  ],
} as const

const patterns = {
  type: 'array',
  maxItems: 256,
  default: [],
  items: { type: 'string', minLength: 1, maxLength: 1024 },
} as const

/** JSON Schema of `security`. */
export const security = {
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
      items: baseDirectory,
      description:
        'Tasks run in these directories and below; the first is used where a task names none. Each a path, which is read-only, or { "path", "access" } with access "read-write" where profiles that edit may change files. Empty: C:\\Shares\\test on Windows; elsewhere every task is refused.',
    },
    defaultProfile: {
      ...profileOrNone,
      default: 'inspect',
      description: 'The profile of tasks whose user and role are not named in users and roles. none: they are refused.',
    },
    roles: {
      type: 'object',
      maxProperties: 256,
      default: {},
      propertyNames: { type: 'string', minLength: 1, maxLength: 128 },
      additionalProperties: profileOrNone,
      description: 'Profiles by the role of whom the server says a task comes from, e.g. { "technician": "maintain" }.',
    },
    users: {
      type: 'object',
      maxProperties: 1024,
      default: {},
      propertyNames: { type: 'string', minLength: 1, maxLength: 128 },
      additionalProperties: profileOrNone,
      description: 'Profiles by user; before roles. Of a local run the user is who called `gururmm-agent run`.',
    },
    profiles,
    denyRead: {
      ...patterns,
      description:
        'Files and folders that no tool may read, all below them included: "*.pem" in any folder, or "/srv/shares/hr".',
    },
    denyCredentials: {
      type: 'boolean',
      default: true,
      description:
        'Whether the credentials of common programs, as docs/claude-task.md lists them, cannot be read either.',
    },
    denyWrite: {
      ...patterns,
      description:
        'Files and folders that no tool may change, all below them included. What cannot be read cannot be changed either.',
    },
    denyStartupFiles: {
      type: 'boolean',
      default: true,
      description:
        'Whether files that make other programs run something, such as .git/hooks and .bashrc, as docs/claude-task.md lists them, cannot be changed.',
    },
    approvalSeconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 3600,
      default: 120,
      description:
        'How long a call that a rule asks about waits for a person. No answer is a no. The task’s own time goes on.',
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
  },
} as const
