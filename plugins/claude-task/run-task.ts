import { type CommandContext, CommandError, type Outcome } from '@gururmm/plugin-sdk'
import { foreignAccount } from './account.ts'
import { buildCell } from './cell.ts'
import { type ChangeWatch, watchChanges } from './changes/watch.ts'
import { askThrough } from './cli/ask.ts'
import { type Cli, findCli } from './cli/probe.ts'
import type { Config } from './config-schema.ts'
import { probeEnvironment } from './environment.ts'
import type { Transcript } from './events/transcript.ts'
import { type OpenTask, openTask } from './open-task.ts'
import { makeJudge } from './policy/judge.ts'
import type { ToolCall } from './policy/ruling.ts'
import type { TaskPolicy } from './policy/task-policy.ts'
import { dataFor } from './result-data.ts'
import { runClaude } from './run-claude.ts'
import type { TaskData, TaskInput } from './schemas.ts'
import { makeScratch, type Scratch } from './scratch.ts'
import { promptFor } from './task-text.ts'
import { judge } from './verdict.ts'

type Context = CommandContext<Config>

/** A task that passed every check, ready to be asked of Claude. */
interface CheckedTask extends OpenTask {
  readonly prompt: string
  /** Null: the task may change nothing. */
  readonly watch: ChangeWatch | null
}

/**
 * Runs one task: checks it against the policy, asks Claude, judges what came of it. What can be refused is refused before anything
 * is started.
 *
 * @throws CommandError with one of the codes in docs/claude-task.md; where Claude ran, what it did is the error's `outcome`.
 */
export async function runTask(input: TaskInput, ctx: Context): Promise<Outcome<TaskData>> {
  const task = await openTask(input, ctx, () => foreignAccount(ctx.run.bind(ctx)))
  try {
    const watch = mayChange(task.policy) ? watchChanges(task.directory.path) : null
    return await withScratch({ ...task, prompt: promptFor(input.task, task.contextFiles), watch }, ctx)
  } finally {
    await task.directory.close()
  }
}

async function withScratch(task: CheckedTask, ctx: Context): Promise<Outcome<TaskData>> {
  // Sockets are made in it, whose paths may have 107 bytes.
  const short = process.platform !== 'win32' && task.policy.sandbox !== 'off'
  const scratch = await makeScratch(ctx.dataDir, { uid: task.uid, short })
  try {
    const cli = await findCli(ctx.config.cliPath, ctx.dataDir, askThrough(ctx.run.bind(ctx), probeEnvironment(scratch)))
    return await askClaude(task, cli, scratch, ctx)
  } finally {
    await scratch.remove()
  }
}

async function askClaude(task: CheckedTask, cli: Cli, scratch: Scratch, ctx: Context): Promise<Outcome<TaskData>> {
  const { config } = ctx
  const { policy, directory, place, contextFiles, prompt, watch, uid } = task
  await watch?.ready
  const cell = await buildCell({ policy, directory, place, uid, scratch, cli }, ctx)
  const { transcript, complaint, end } = await runClaude(
    {
      judge: makeJudge(policy, place),
      approve: (question, signal) => ctx.approve({ ...question, seconds: policy.approvalSeconds, signal }),
      approvalSeconds: policy.approvalSeconds,
      beforeUse: async (call) => {
        const path = writtenBy(call)
        if (path !== null) await watch?.lookFirst(path)
      },
      ...cell,
      directory,
      prompt,
      idleTimeoutSeconds: config.idleTimeoutSeconds,
    },
    ctx,
  ).finally(cell.close)
  const facts = {
    cliVersion: cli.version,
    workingDirectory: directory.path,
    profile: policy.profile.name,
    contextFiles,
    changes: (await watch?.changes()) ?? null,
    layers: cell.layers(),
    end,
  }
  const soFar = { ...dataFor(transcript, facts), stdout: textSoFar(transcript) }
  // Deadline, cancel and shutdown are the agent's to tell; it adds what was done until then.
  if (ctx.signal.aborted) return soFar
  const verdict = judge({ transcript, complaint, end, config, policy, unreached: cell.failure() })
  if ('answer' in verdict) return { ...soFar, exitCode: 0, stdout: verdict.answer }
  const { code, message, ...options } = verdict
  throw new CommandError(code, message, { ...options, outcome: soFar })
}

/** The file that a call is about to write, canonical; null: none that is known before. */
function writtenBy({ tool, input }: ToolCall): string | null {
  const { file_path } = input
  return (tool === 'Edit' || tool === 'Write') && typeof file_path === 'string' ? file_path : null
}

function mayChange({ tools }: TaskPolicy): boolean {
  return tools.some((tool) => tool === 'Bash' || tool === 'Edit' || tool === 'Write')
}

/** For a task that did not end well: its answer where it came all the same, else what Claude said last. */
function textSoFar({ result, lastText }: Transcript): string {
  return result && !result.isError ? (result.text ?? '') : lastText
}
