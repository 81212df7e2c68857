import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Directory, ExplainContext } from '@gururmm/plugin-sdk'
import type { Config } from './config-schema.ts'
import { type ContextFile, readContextFiles } from './context-files.ts'
import { accessOf, openTaskDirectory } from './policy/directories.ts'
import type { TaskPlace } from './policy/file-call.ts'
import { makeReadJudge } from './policy/judge.ts'
import { checkPlatform } from './policy/platform.ts'
import { policyFor, type TaskPolicy } from './policy/task-policy.ts'
import type { TaskInput } from './schemas.ts'
import { checkTask } from './task-text.ts'

/** A task that passed every check which needs no program to be started. */
export interface OpenTask {
  readonly policy: TaskPolicy
  readonly place: TaskPlace
  readonly contextFiles: readonly ContextFile[]
  /** Open; whoever has it closes it. */
  readonly directory: Directory
  /** The account that the CLI runs under, where it is not the agent's own. */
  readonly uid: number | null
}

/**
 * Holds a task against the policy.
 *
 * @param foreignAccount tells {@link OpenTask.uid}; may start a program.
 * @throws CommandError as the task itself would end; refused.
 */
export async function openTask(
  input: TaskInput,
  ctx: ExplainContext<Config>,
  foreignAccount: () => Promise<number | null>,
): Promise<OpenTask> {
  const { security } = ctx.config
  checkTask(input.task, security)
  const policy = policyFor(security, ctx.requester, input.profile)
  checkPlatform(policy)
  const directory = await openTaskDirectory(ctx, input.working_directory, policy.bases)
  try {
    const access = await accessOf(directory.path, policy.bases)
    const place = { directory: directory.path, access, hidden: await hiddenPaths(ctx) }
    const uid = await foreignAccount()
    // The agent may read what another account may not: then only names are given, and the account's own rights decide.
    const rules = uid === null ? security : { ...security, inlineContextBytes: 0 }
    const names = input.context_files ?? []
    const contextFiles = await readContextFiles(names, directory.path, rules, makeReadJudge(policy, place))
    return { policy, place, contextFiles, directory, uid }
  } catch (error) {
    await directory.close()
    throw error
  }
}

/** What no tool may read: the key, and the agent's data folder, in which the plugin's own is `plugins/claude_task`. */
async function hiddenPaths({ dataDir, config }: ExplainContext<Config>): Promise<readonly string[]> {
  const paths = [dirname(dirname(dataDir)), ...(config.apiKeyFile === null ? [] : [config.apiKeyFile])]
  return Promise.all(paths.map((path) => realpath(path).catch(() => path)))
}
