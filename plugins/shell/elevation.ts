import { CommandError } from '@gururmm/plugin-sdk'
import type { ShellConfig } from './config-schema.ts'

/** The key that decides whether commands may keep the agent's own rights. */
export const ELEVATION_RULE = 'plugins.shell.config.elevated'

/**
 * @throws CommandError `ELEVATION_UNAVAILABLE` where the command asks for the agent's own rights and the operator does not allow it.
 */
export function requireElevationAllowed(elevated: boolean, config: ShellConfig): void {
  if (!elevated || config.elevated) return
  const message =
    'The command asks to keep the agent’s own rights, which its operator does not allow; send it with `elevated: false`.'
  throw new CommandError('ELEVATION_UNAVAILABLE', message, { refused: true, rule: ELEVATION_RULE })
}
