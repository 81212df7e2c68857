import { errorSchema } from './query-schemas.ts'

const revision = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

/** Loose where the agent's own check is strict: that one names the place, and its answer needs no more than the revision. */
export const siteProfileSchema = {
  description:
    'What the server takes away at this site, over the agent’s own config. Answered with `site_profile_applied`.',
  type: 'object',
  required: ['revision', 'plugins'],
  properties: {
    revision: { ...revision, description: 'Counts up; an older one than that in force is refused.' },
    plugins: {
      description:
        'By the plugin’s name: `enabled`: false switches it off; `limits`: by command type, as in the config. Nothing else; no number above the config’s.',
      type: 'object',
    },
  },
} as const

export const siteProfileAppliedSchema = {
  description: 'The profile of this revision is in force, or refused as a whole.',
  type: 'object',
  required: ['revision'],
  properties: {
    revision,
    error: { ...errorSchema, description: 'Why it is not in force, or will not outlive the agent.' },
    unknown: {
      type: 'array',
      items: { type: 'string' },
      description: 'Plugins and types in it that this agent lacks.',
    },
  },
} as const
