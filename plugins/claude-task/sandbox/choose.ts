import { CommandError } from '@gururmm/plugin-sdk'
import { askThrough } from '../cli/ask.ts'
import { profileKey, type TaskPolicy } from '../policy/task-policy.ts'
import type { Features } from './arguments.ts'
import { trySandbox } from './trial.ts'

/** What a task is kept in. */
export type Sandbox =
  /** The whole CLI is. */
  | { readonly kind: 'bubblewrap'; readonly features: Features }
  /** Commands are, by the CLI itself; its own tools for files hold to the directory by its word. */
  | { readonly kind: 'cli' }
  /** `why`: one sentence. */
  | { readonly kind: 'none'; readonly why: string }

/**
 * The sandbox of a task, tried out with the CLI itself.
 *
 * @param program the CLI's.
 * @throws CommandError `CLAUDE_SANDBOX_MISSING` (refused) where the policy wants one and there is none.
 */
export async function chooseSandbox(
  policy: TaskPolicy,
  program: string,
  run: Parameters<typeof askThrough>[0],
  platform: NodeJS.Platform = process.platform,
): Promise<Sandbox> {
  if (policy.sandbox === 'off') return { kind: 'none', why: `${profileKey(policy)}.sandbox is "off".` }
  // The CLI's own asks for each host; ours has no network to give.
  if (policy.networkHosts.length > 0 || (platform === 'darwin' && policy.tools.includes('Bash'))) return { kind: 'cli' }
  const found = await trySandbox(program, askThrough(run, {}), platform)
  if (typeof found !== 'string') return { kind: 'bubblewrap', features: found }
  if (policy.sandbox === 'auto') return { kind: 'none', why: found }
  throw sandboxMissing(policy, found)
}

/** @param why one sentence. */
export function sandboxMissing(policy: TaskPolicy, why: string): CommandError {
  const cure = policy.tools.includes('Bash') ? 'Or ask for the profile maintain, which runs no commands.' : ''
  return new CommandError(
    'CLAUDE_SANDBOX_MISSING',
    `The task needs a sandbox, and there is none: ${why} ${cure}`.trim(),
    {
      refused: true,
      rule: `${profileKey(policy)}.sandbox`,
    },
  )
}
