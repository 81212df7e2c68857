import type { Outcome, RunEnd } from '@gururmm/plugin-sdk'
import type { Changes } from './changes/watch.ts'
import type { ProfileName } from './config-schema.ts'
import type { ContextFile } from './context-files.ts'
import { tokenFields } from './events/tokens.ts'
import type { Transcript } from './events/transcript.ts'
import type { TaskData } from './schemas.ts'

/** What of a task is known beside its transcript. */
export interface TaskFacts {
  readonly cliVersion: string
  readonly workingDirectory: string
  readonly contextFiles: readonly ContextFile[]
  readonly profile: ProfileName
  /** Null: the task could change nothing, and nobody looked. */
  readonly changes: Changes | null
  /** What stood between the CLI and the machine. */
  readonly layers: TaskData['layers']
  readonly end: Pick<RunEnd, 'durationMs'>
}

/** The structured part of a task's result, the same whether it was answered, failed or was stopped. */
export function dataFor(transcript: Transcript, facts: TaskFacts): Required<Pick<Outcome<TaskData>, 'data' | 'usage'>> {
  const { result } = transcript
  // A task that was stopped has cost money too, and counts against the ceilings.
  const { turns, costUsd, tokens } = result ?? transcript.soFar
  return {
    data: {
      session_id: transcript.sessionId,
      model: transcript.model,
      cli_version: facts.cliVersion,
      working_directory: facts.workingDirectory,
      context_files: facts.contextFiles.map(({ name, bytes, sha256, text }) => {
        return { name, bytes, sha256, given: text === null ? 'name' : 'whole' }
      }),
      profile: facts.profile,
      layers: facts.layers,
      turns,
      cost_usd: costUsd,
      duration_ms: Math.max(0, Math.round(facts.end.durationMs)),
      stop_reason: result?.stopReason ?? null,
      usage: tokenFields(tokens),
      decisions: [...transcript.decisions],
      decisions_left_out: transcript.decisionsLeftOut,
      denials: [...transcript.denials],
      denials_left_out: transcript.denialsLeftOut,
      changes: facts.changes && changesFor(facts.changes),
    },
    usage: { costUsd, inputTokens: tokens.input, outputTokens: tokens.output },
  }
}

function changesFor({ files, leftOut, complete }: Changes): TaskData['changes'] {
  return { complete, left_out: leftOut, files: [...files] }
}
