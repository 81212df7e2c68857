import type { ErrorCodeEntry } from './entry.ts'

/** The shell plugin's own. */
export const SHELL_CODES = {
  SHELL_NOT_ALLOWED: {
    exitCode: -1,
    meaning: 'The command line or script matches, as a whole, none of the patterns that the operator allows.',
    remedy: 'Send one that is allowed, or let the operator add a pattern to `plugins.shell.config.allow`.',
  },
  SHELL_UNSUITABLE: {
    exitCode: -1,
    meaning:
      'cmd.exe cannot be given this text: a command with a line break, or an argument with a quote or percent sign.',
    remedy: 'Send several lines as a `script`, and such arguments to another interpreter.',
  },
} as const satisfies Record<string, ErrorCodeEntry>
