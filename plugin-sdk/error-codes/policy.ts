import type { ErrorCodeEntry } from './entry.ts'

/** What becomes of a site profile that the server sends. */
export const POLICY_CODES = {
  SITE_PROFILE_INVALID: {
    meaning:
      'The server’s site profile holds something else than switches that are off and lower limits. The one before stays.',
    remedy: 'Mend the place that the message names; docs/protocol.md shows the shape.',
  },
  SITE_PROFILE_WIDENS: {
    meaning: 'The server’s site profile would allow more than the agent’s own config. The one before stays in force.',
    remedy: 'Lower the number that the message names, or let the operator raise it in the config.',
  },
  SITE_PROFILE_OUTDATED: {
    meaning: 'The site profile is older than the one in force, or has its revision and another content.',
    remedy: 'Send it with a revision that is higher than the one in force.',
  },
  SITE_PROFILE_NOT_KEPT: {
    meaning:
      'The site profile is in force, but could not be written to the data folder: a restart of the agent loses it.',
    remedy: 'Mend the disk of the data folder, then send the profile again.',
  },
} as const satisfies Record<string, ErrorCodeEntry>
