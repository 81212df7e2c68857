import { type OperatorLimits, operatorLimitsSchema } from '@gururmm/plugin-sdk'
import type { Failure } from '../dispatch/contract.ts'
import { compileSchema } from '../schema/index.ts'

/** What the server takes away at this agent's site. */
export interface SiteProfile {
  readonly revision: number
  readonly plugins: Readonly<
    Record<string, { readonly enabled?: false; readonly limits?: Readonly<Record<string, OperatorLimits>> }>
  >
}

const name = { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' } as const

const check = compileSchema<SiteProfile>({
  type: 'object',
  additionalProperties: false,
  required: ['revision', 'plugins'],
  properties: {
    revision: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    plugins: {
      type: 'object',
      maxProperties: 1024,
      propertyNames: name,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          enabled: { const: false },
          limits: {
            type: 'object',
            maxProperties: 64,
            propertyNames: name,
            additionalProperties: operatorLimitsSchema,
          },
        },
      },
    },
  },
})

/** A profile of the right shape, or what is wrong with it: strict, for what is not understood can't be kept. */
export function readSiteProfile(value: unknown): { readonly profile: SiteProfile } | { readonly problem: Failure } {
  const checked = check(value)
  if ('value' in checked) return { profile: checked.value }
  const { path, message } = checked.problem
  const place = path === '' ? 'it' : path.slice(1)
  return {
    problem: {
      code: 'SITE_PROFILE_INVALID',
      message: `The site profile is refused: ${place} ${message}; it may only switch plugins off and lower limits.`,
    },
  }
}
