import { CommandError } from '@gururmm/plugin-sdk'
import { profileKey, type TaskPolicy } from './task-policy.ts'

/**
 * Refuses a policy that this platform cannot keep.
 *
 * @throws CommandError `CLAUDE_SANDBOX_MISSING` (refused) where Bash is to run in a sandbox that does not exist here.
 */
export function checkPlatform(policy: TaskPolicy, platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32' || !needsSandbox(policy)) return
  throw new CommandError(
    'CLAUDE_SANDBOX_MISSING',
    `The Claude Code CLI has no sandbox for Bash on Windows: ask for the profile maintain, or let the operator take Bash out of ${profileKey(policy)}.tools.`,
    { refused: true, rule: `${profileKey(policy)}.sandbox` },
  )
}

/** Whether the task has Bash, which runs in a sandbox or not at all. */
export function needsSandbox(policy: Pick<TaskPolicy, 'tools'>): boolean {
  return policy.tools.includes('Bash')
}
