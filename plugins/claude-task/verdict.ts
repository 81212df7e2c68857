import type { RunEnd } from '@gururmm/plugin-sdk'
import { apiFailure, type Failure } from './api-failure.ts'
import type { Config } from './config-schema.ts'
import type { ClaudeResult } from './events/event.ts'
import type { Transcript } from './events/transcript.ts'
import { needsSandbox } from './policy/platform.ts'
import { profileKey, type TaskPolicy } from './policy/task-policy.ts'
import { quoted } from './quote.ts'
import { MOVED } from './sandbox/arguments.ts'

/** How a task ended: Claude's answer, or why there is none. */
export type Verdict = { readonly answer: string } | Failure

/** All that the verdict rests on. */
export interface Evidence {
  readonly transcript: Transcript
  readonly end: Pick<RunEnd, 'exitCode' | 'signal' | 'endedBy'>
  /** The last lines that the CLI wrote to its standard error. */
  readonly complaint: string
  readonly config: Config
  readonly policy: TaskPolicy
  /** Why the last request did not get to the API; null: it did. */
  readonly unreached: string | null
}

/**
 * Judges a run by its exit code, its `is_error` and its denials together: API errors come with exit code 1 but `success`, denied tools
 * with exit code 0, a killed run with no result at all.
 */
export function judge(evidence: Evidence): Verdict {
  const { transcript, end, config } = evidence
  const { result, ungated } = transcript
  if (ungated !== null) {
    return {
      code: 'CLAUDE_UNGATED',
      message: `The Claude Code CLI used ${ungated} without asking the policy, so the task was ended: install the version that docs/claude-task.md names.`,
    }
  }
  if (end.endedBy === 'idle' && !result) {
    return {
      code: 'CLAUDE_STALLED',
      message: `Nothing was heard of Claude for ${config.idleTimeoutSeconds} seconds, so the task was ended: check the connection to the API, or raise plugins.claude_task.config.idleTimeoutSeconds.`,
    }
  }
  if (!result) return withoutResult(evidence)
  if (result.isError || result.subtype !== 'success') return failed(result, evidence)
  // A run that was stopped after its result ends by our signal, which says nothing about the answer.
  if (end.endedBy === 'exit' && end.exitCode !== 0) return endedBadly(evidence)
  return answered(result, evidence)
}

function answered(result: ClaudeResult, { transcript, policy }: Evidence): Verdict {
  const { denials, denialsLeftOut } = transcript
  const answer = result.text ?? ''
  if (answer.trim() !== '') return { answer }
  const [first] = denials
  if (first === undefined) {
    return {
      code: 'CLAUDE_NO_ANSWER',
      message: 'Claude ended the task without an answer: ask more precisely, or send it again.',
    }
  }
  const others = denials.length + denialsLeftOut - 1
  const more = others === 0 ? '' : ` and ${others} more tool ${others === 1 ? 'use' : 'uses'}`
  const why = first.reason === null ? '' : ` (${first.reason})`
  return {
    code: 'TASK_DENIED',
    message: `Claude gave no answer: ${first.tool}${first.target === null ? '' : ` on ${quoted(first.target)}`}${why}${more} was denied. Reword the task to what ${profileKey(policy)} allows, or widen that.`,
  }
}

function withoutResult(evidence: Evidence): Verdict {
  if (/sandbox/i.test(evidence.complaint) && needsSandbox(evidence.policy))
    return sandboxMissing(evidence.complaint, evidence.policy)
  return evidence.end.exitCode === 0
    ? {
        code: 'CLAUDE_NO_RESULT',
        message:
          'The Claude Code CLI ended without telling a result: send the task again; if it stays so, update the CLI.',
      }
    : endedBadly(evidence)
}

function endedBadly({ end, complaint }: Evidence): Verdict {
  if (end.exitCode === MOVED) {
    return {
      code: 'DIRECTORY_OUTSIDE',
      refused: true,
      message: 'The working directory was replaced while the task was started in it, so nothing was run.',
    }
  }
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`
  const words = complaint === '' ? '' : ` Its last words: ${complaint}`
  return { code: 'CLAUDE_FAILED', message: `The Claude Code CLI ended with ${how} before the task was done.${words}` }
}

function failed(result: ClaudeResult, evidence: Evidence): Verdict {
  const { policy, transcript } = evidence
  const words = result.text ?? result.errors.join(' ')
  if (result.subtype === 'error_max_turns') {
    return {
      code: 'CLAUDE_MAX_TURNS',
      message: `Claude was not done after ${policy.maxTurns} turns: ask for less at once, or raise ${profileKey(policy)}.maxTurns.`,
    }
  }
  if (result.subtype === 'error_max_budget_usd') {
    return {
      code: 'CLAUDE_BUDGET_SPENT',
      message: `The task cost $${result.costUsd.toFixed(2)} and may cost $${policy.maxBudgetUsd}, so it was ended: ask for less at once, or raise ${profileKey(policy)}.maxBudgetUsd.`,
    }
  }
  if (/sandbox/i.test(words) && needsSandbox(policy)) return sandboxMissing(words, policy)
  if (result.subtype !== 'success') {
    return {
      code: 'CLAUDE_FAILED',
      message: `The Claude Code CLI ended the task with ${result.subtype}: ${short(words)}`,
    }
  }
  const why = evidence.unreached === null ? words : `${words} (${evidence.unreached})`
  return apiFailure(result, transcript.apiError, short(why), `${profileKey(policy)}.model`)
}

function sandboxMissing(words: string, policy: TaskPolicy): Verdict {
  return {
    code: 'CLAUDE_SANDBOX_MISSING',
    refused: true,
    message: `Bash needs a sandbox that this machine does not have: install bubblewrap and socat, or ask for the profile maintain (${profileKey(policy)}.sandbox). ${short(words)}`,
  }
}

/** The CLI's own words, as the end of a sentence of ours. */
function short(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim()
  return line.length <= 400 ? line : `${line.slice(0, 399).toWellFormed()}…`
}
