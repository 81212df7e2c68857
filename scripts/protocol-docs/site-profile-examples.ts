import type { Example } from './examples.ts'

/** A profile, and what the agent makes of it. */
export const SITE_PROFILE_EXAMPLES: readonly Example[] = [
  {
    title: 'No Claude tasks at this site, and ten shell commands an hour',
    message: {
      type: 'site_profile',
      payload: {
        revision: 7,
        plugins: {
          claude_task: { enabled: false },
          shell: { limits: { shell: { rate: { count: 10, windowSeconds: 3600 } } } },
        },
      },
    },
  },
  { title: 'It is in force', message: { type: 'site_profile_applied', payload: { revision: 7 } } },
  {
    title: 'It would have allowed more than the config does; the one before stays in force',
    message: {
      type: 'site_profile_applied',
      payload: {
        revision: 8,
        error: {
          code: 'SITE_PROFILE_WIDENS',
          message:
            'The site profile of revision 8 is refused: plugins.shell.limits.shell.concurrent must be at most 2, as the agent’s own config has it, not 5.',
        },
      },
    },
  },
]
