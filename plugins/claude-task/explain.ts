import type { ExplainContext, Verdict } from '@gururmm/plugin-sdk'
import type { Config } from './config-schema.ts'
import { openTask } from './open-task.ts'
import { profileKey } from './policy/task-policy.ts'
import type { TaskInput } from './schemas.ts'

const RULES = 'plugins.claude_task.config.security'

/**
 * What the policy says of a task: the checks that come before anything is started.
 *
 * @throws CommandError as the task itself would end.
 */
export async function explainTask(input: TaskInput, ctx: ExplainContext<Config>): Promise<readonly Verdict[]> {
  const { policy, place, contextFiles, directory } = await openTask(input, ctx, async () => null)
  await directory.close()
  const { taskFilter } = ctx.config.security
  const tools = policy.tools.join(', ') || 'none'
  const verdicts = [
    fits(`The text passes the filter \`${taskFilter}\`.`, `${RULES}.taskFilter`),
    fits(`It runs under the profile ${policy.profile.name}.`, policy.profile.rule),
    fits(`Claude has the tools ${tools}; each use of one is judged when it comes.`, `${profileKey(policy)}.tools`),
    fits(`It works in ${place.directory}, which is ${place.access}.`, `${RULES}.baseDirectories`),
  ]
  if (contextFiles.length === 0) return verdicts
  return [...verdicts, fits(`Its ${contextFiles.length} context files may be read.`, `${RULES}.maxContextFiles`)]
}

function fits(message: string, rule: string): Verdict {
  return { allowed: true, message, rule }
}
