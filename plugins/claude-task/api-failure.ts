import type { ClaudeResult } from './events/event.ts'

/** Why a task has no answer. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly retryAfterSeconds?: number
  /** Nothing was asked of Claude: exit code -1. */
  readonly refused?: true
}

/** After so long the API may have recovered. */
const RETRY_SECONDS = 60

/**
 * What an API failure means.
 *
 * @param error the CLI's own word for it, e.g. `authentication_failed`.
 * @param words the CLI's sentence, short.
 * @param modelKey where the config names the model.
 */
export function apiFailure(result: ClaudeResult, error: string | null, words: string, modelKey: string): Failure {
  return (
    ofTheTask(result) ??
    ofTheAccount(result.apiStatus, error, words, modelKey) ??
    passing(result.apiStatus, error, words)
  )
}

function ofTheTask({ stopReason, terminalReason, apiStatus }: ClaudeResult): Failure | undefined {
  if (stopReason === 'refusal') {
    return {
      code: 'CLAUDE_DECLINED',
      message: 'Claude declined the task for its safety rules: reword it, or name another model.',
    }
  }
  if (terminalReason === 'prompt_too_long' || terminalReason === 'blocking_limit' || apiStatus === 413) {
    return {
      code: 'CLAUDE_PROMPT_TOO_LONG',
      message: 'The task and what Claude read for it are larger than the model takes: name fewer or smaller files.',
    }
  }
  return undefined
}

/** The CLI's word comes before the status: one status can mean several things. */
function ofTheAccount(
  status: number | null,
  error: string | null,
  words: string,
  modelKey: string,
): Failure | undefined {
  if (error === 'billing_error' || status === 402) {
    return {
      code: 'CLAUDE_BILLING',
      message: `The API account cannot pay for the task: see to its credit or plan. ${words}`,
    }
  }
  if (status === 403) {
    return {
      code: 'CLAUDE_FORBIDDEN',
      message: `The API does not allow this key what was asked (403): check its workspace and the account's settings. ${words}`,
    }
  }
  if (status === 401 || error === 'authentication_failed') {
    return {
      code: 'CLAUDE_KEY_REJECTED',
      message:
        'The API does not accept the key (401): put a valid one into the file that plugins.claude_task.config.apiKeyFile names.',
    }
  }
  if (status === 404 || error === 'model_not_found') {
    return {
      code: 'CLAUDE_MODEL_UNKNOWN',
      message: `The API does not know the model, or the account may not use it: mend ${modelKey}.`,
    }
  }
  return undefined
}

/** Failures that may be gone in a while, and what nothing above names. */
function passing(status: number | null, error: string | null, words: string): Failure {
  if (status === 429 || error === 'rate_limit') {
    return {
      code: 'CLAUDE_RATE_LIMITED',
      message: 'The API account is over its rate limit (429): send the task again later.',
      retryAfterSeconds: RETRY_SECONDS,
    }
  }
  if (status === 529) {
    return {
      code: 'CLAUDE_OVERLOADED',
      message: 'The API is overloaded (529): send the task again later.',
      retryAfterSeconds: RETRY_SECONDS,
    }
  }
  if (status === null && error !== 'invalid_request') {
    return {
      code: 'CLAUDE_UNREACHABLE',
      message: `The connection to the API failed: check network, proxy and firewall of this machine. ${words}`,
      retryAfterSeconds: RETRY_SECONDS,
    }
  }
  return { code: 'CLAUDE_API_FAILED', message: `The API answered with an error (${status ?? error}). ${words}` }
}
