import type { ExplainContext, Verdict } from '@gururmm/plugin-sdk'
import { hiddenPaths } from './cell.ts'
import type { Config } from './config-schema.ts'
import { readContextFiles } from './context-files.ts'
import { accessOf, openTaskDirectory } from './policy/directories.ts'
import { makeReadJudge } from './policy/judge.ts'
import { checkPlatform } from './policy/platform.ts'
import { policyFor, profileKey } from './policy/task-policy.ts'
import type { TaskInput } from './schemas.ts'
import { checkTask } from './task-text.ts'

const RULES = 'plugins.claude_task.config.security'

/**
 * What the policy says of a task: the checks that `runTask` makes before anything is started, in its order.
 *
 * @throws CommandError as the task itself would end.
 */
export async function explainTask(input: TaskInput, ctx: ExplainContext<Config>): Promise<readonly Verdict[]> {
  const { security } = ctx.config
  checkTask(input.task, security)
  const policy = policyFor(security, ctx.requester, input.profile)
  checkPlatform(policy)
  const directory = await openTaskDirectory(ctx, input.working_directory, policy.bases)
  try {
    const access = await accessOf(directory.path, policy.bases)
    const place = { directory: directory.path, access, hidden: await hiddenPaths(ctx) }
    const ruleOnRead = makeReadJudge(policy, place)
    const files = await readContextFiles(input.context_files ?? [], directory.path, security, ruleOnRead)
    const tools = policy.tools.join(', ') || 'none'
    return [
      fits(`The text passes the filter \`${security.taskFilter}\`.`, `${RULES}.taskFilter`),
      fits(`It runs under the profile ${policy.profile.name}.`, policy.profile.rule),
      fits(`Claude has the tools ${tools}; each use of one is judged when it comes.`, `${profileKey(policy)}.tools`),
      fits(`It works in ${directory.path}, which is ${access}.`, `${RULES}.baseDirectories`),
      ...(files.length === 0
        ? []
        : [fits(`Its ${files.length} context files may be read.`, `${RULES}.maxContextFiles`)]),
    ]
  } finally {
    await directory.close()
  }
}

function fits(message: string, rule: string): Verdict {
  return { allowed: true, message, rule }
}
