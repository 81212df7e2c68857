import type { Infer } from '@gururmm/plugin-sdk'

/** The parts of an inventory, in the order they are taken. */
export const SECTIONS = ['hardware', 'os', 'disks', 'network', 'packages'] as const

/** JSON Schema of `plugins.system_inventory.config`. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sections: {
      type: 'array',
      uniqueItems: true,
      items: { enum: SECTIONS },
      default: SECTIONS,
      description: 'The sections that may be asked for.',
    },
    programSeconds: {
      type: 'number',
      minimum: 1,
      maximum: 600,
      default: 60,
      description: 'How long a program may be silent before it is given up, in seconds.',
    },
  },
} as const

/** JSON Schema of what a `system_inventory` command brings. */
export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sections: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { enum: SECTIONS },
      description: 'What to tell of. Default: all that the config lets be asked for.',
    },
    max_packages: {
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
      default: 2000,
      description: 'How many packages to name; the count is of all.',
    },
  },
} as const

const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const count = { type: 'integer', minimum: 0 } as const
const countOrNull = { type: ['integer', 'null'], minimum: 0 } as const

const hardware = {
  type: 'object',
  additionalProperties: false,
  required: [
    'vendor',
    'model',
    'architecture',
    'processor',
    'logical_processors',
    'memory_bytes',
    'memory_available_bytes',
  ],
  properties: {
    vendor: textOrNull,
    model: textOrNull,
    architecture: text,
    processor: textOrNull,
    logical_processors: count,
    memory_bytes: count,
    memory_available_bytes: count,
  },
} as const

const os = {
  type: 'object',
  additionalProperties: false,
  required: ['platform', 'name', 'version', 'kernel', 'hostname', 'uptime_seconds'],
  properties: {
    platform: text,
    name: textOrNull,
    version: textOrNull,
    kernel: text,
    hostname: text,
    uptime_seconds: count,
  },
} as const

const disks = {
  type: 'object',
  additionalProperties: false,
  required: ['devices', 'filesystems'],
  properties: {
    devices: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'type', 'size_bytes', 'model', 'serial', 'parent'],
        properties: {
          name: text,
          type: textOrNull,
          size_bytes: countOrNull,
          model: textOrNull,
          serial: textOrNull,
          parent: textOrNull,
        },
      },
    },
    filesystems: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['source', 'mount', 'size_bytes', 'available_bytes'],
        properties: { source: text, mount: text, size_bytes: count, available_bytes: count },
      },
    },
  },
} as const

const network = {
  type: 'object',
  additionalProperties: false,
  required: ['interfaces'],
  properties: {
    interfaces: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'mac', 'internal', 'addresses'],
        properties: { name: text, mac: text, internal: { type: 'boolean' }, addresses: { type: 'array', items: text } },
      },
    },
  },
} as const

const packages = {
  type: 'object',
  additionalProperties: false,
  required: ['manager', 'count', 'packages'],
  properties: {
    manager: { enum: ['dpkg', 'rpm', 'windows'] },
    count,
    packages: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'version', 'architecture'],
        properties: { name: text, version: textOrNull, architecture: textOrNull },
      },
    },
  },
} as const

/** JSON Schema of the result's data. What could not be learned is null or left out, and `notes` says why. */
export const resultSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['taken_at', 'sections', 'notes'],
  properties: {
    taken_at: { type: 'string', format: 'date-time' },
    sections: {
      type: 'object',
      additionalProperties: false,
      properties: { hardware, os, disks, network, packages },
    },
    notes: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['section', 'source', 'code', 'message'],
        properties: { section: { enum: SECTIONS }, source: text, code: text, message: text },
      },
    },
  },
} as const

export type Section = (typeof SECTIONS)[number]
export type InventoryConfig = Infer<typeof configSchema>
export type InventoryInput = Infer<typeof inputSchema>
export type Inventory = Infer<typeof resultSchema>
export type Sections = Inventory['sections']
export type Note = Inventory['notes'][number]
/** What a section holds. */
export type Part<S extends Section> = NonNullable<Sections[S]>
