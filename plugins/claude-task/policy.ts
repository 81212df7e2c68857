import { isAbsolute, join } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Security } from './config-schema.ts'

const KEY = 'plugins.claude_task.config.security.baseDirectories'

/** Where tasks ran before the base was configurable; Windows machines already have it. */
const WINDOWS_BASE = 'C:\\Shares\\test'

/**
 * The directories that tasks are confined to; never empty.
 *
 * @throws CommandError `BASE_DIRECTORY_UNSET` (refused) where the operator named none and the platform has no default.
 */
export function baseDirectories(
  security: Security,
  platform: NodeJS.Platform = process.platform,
): [string, ...string[]] {
  const [first, ...others] = security.baseDirectories
  if (first !== undefined) return [first, ...others]
  if (platform === 'win32') return [WINDOWS_BASE]
  throw new CommandError(
    'BASE_DIRECTORY_UNSET',
    `No base directory is configured for Claude tasks: the operator has to name at least one in ${KEY}.`,
    { refused: true, rule: KEY },
  )
}

/**
 * The directory that a task asks for, not yet checked: none is the first base directory, a relative one lies below it. The rest is
 * for `ctx.openDirectory()`, which sees through links and `..`.
 */
export function requestedDirectory(workingDirectory: string | null | undefined, firstBase: string): string {
  if (workingDirectory === undefined || workingDirectory === null) return firstBase
  return isAbsolute(workingDirectory) ? workingDirectory : join(firstBase, workingDirectory)
}

/**
 * Refuses a policy that this platform cannot keep.
 *
 * @throws CommandError `CLAUDE_SANDBOX_MISSING` (refused) where Bash is to run in a sandbox that does not exist here.
 */
export function checkPlatform(security: Security, platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32' || !needsSandbox(security)) return
  throw new CommandError(
    'CLAUDE_SANDBOX_MISSING',
    'The Claude Code CLI has no sandbox for Bash on Windows: the operator has to take Bash out of plugins.claude_task.config.security.tools.',
    { refused: true, rule: 'plugins.claude_task.config.security.sandbox' },
  )
}

/** Whether tasks have Bash, and only inside the CLI's own sandbox. */
export function needsSandbox(security: Security): boolean {
  return security.tools.includes('Bash') && security.sandbox === 'required'
}
