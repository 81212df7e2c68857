import { limitsSchema } from './manifest.ts'
import type { Limits } from './plugin.ts'

/** What the operator may limit for one command type, beyond what a manifest says. */
export interface OperatorLimits extends Limits, RequesterLimits {
  /** For each user alone; commands that name none count as one user. */
  readonly perUser?: RequesterLimits
  /** For all users of a role together, by the role's name. */
  readonly perRole?: Readonly<Record<string, RequesterLimits>>
}

/** Limits of those who ask. */
export interface RequesterLimits {
  /** How many may run or wait at once. */
  readonly concurrent?: number
  /** At most `count` starts in any `windowSeconds` seconds (rolling). */
  readonly rate?: { readonly count: number; readonly windowSeconds: number }
  /**
   * At most so much of what results tell as `usage`, added up over the commands that started in the window: once `max` is reached, no
   * more start. Commands that run are counted when they end.
   */
  readonly usage?: Readonly<Record<string, { readonly max: number; readonly windowSeconds: number }>>
}

const { concurrent, queued, rate } = limitsSchema.properties

const usage = {
  type: 'object',
  maxProperties: 16,
  propertyNames: { type: 'string', minLength: 1, maxLength: 64 },
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['max', 'windowSeconds'],
    properties: { max: { type: 'number', minimum: 0 }, windowSeconds: rate.properties.windowSeconds },
  },
} as const

const requester = { type: 'object', additionalProperties: false, properties: { concurrent, rate, usage } } as const

/** JSON Schema of {@link OperatorLimits}, as in the config. */
export const operatorLimitsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    concurrent,
    queued,
    rate,
    usage,
    perUser: requester,
    perRole: {
      type: 'object',
      maxProperties: 64,
      propertyNames: { type: 'string', minLength: 1, maxLength: 128 },
      additionalProperties: requester,
    },
  },
} as const
