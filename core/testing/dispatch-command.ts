import type { Logger } from '@gururmm/plugin-sdk'
import type { TestProgress, TestResult, TestRunOptions } from '@gururmm/plugin-sdk/testing'
import type { Approvals } from '../approvals/index.ts'
import type { Admission, Journal, Registry } from '../dispatch/contract.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'

/** Remembers nothing: every command of a test is a new one. */
const noJournal: Journal = {
  lookup: async () => undefined,
  accept: async () => {},
  start: async () => {},
  fit: (result) => result,
  finish: async () => {},
  refuse: async () => {},
  acknowledge: async () => {},
  outbox: async () => [],
  outboxSize: 0,
  startsSince: async () => [],
}

/** Limits are the agent's affair; a plugin's tests run as many commands as they like. */
const noLimits: Admission = { admit: async () => ({ wait: async () => true, release() {} }) }

/** The agent's own dispatcher over one plugin. */
export function createDispatcher(registry: Registry, logger: Logger): Dispatcher {
  return new Dispatcher({
    journal: noJournal,
    registry,
    admission: noLimits,
    limits: { defaultTimeoutSeconds: 60, maxTimeoutSeconds: 86_400 },
    logger,
  })
}

let commands = 0

/** Sends one command through it. */
export async function dispatchCommand(
  { dispatcher, approvals }: { readonly dispatcher: Dispatcher; readonly approvals: Approvals },
  type: string,
  input: unknown,
  { timeoutSeconds, signal, elevated = false, requester, approve }: TestRunOptions = {},
): Promise<TestResult> {
  const id = `test-${++commands}`
  const progress: TestProgress[] = []
  const payload = {
    id,
    // As it would arrive, so that what JSON can't hold does not reach the plugin here either
    command_type: JSON.parse(JSON.stringify({ [type]: input ?? null })) as Record<string, unknown>,
    timeout_seconds: timeoutSeconds ?? null,
    elevated,
    requested_by: requester ?? null,
  }
  const forget = approve && approvals.useAsker(id, approve)
  const cancel = () => void dispatcher.cancel(id)
  const result = dispatcher.runLocal(payload, (item) => progress.push(item))
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return resultFrom(await result, progress)
  } finally {
    signal?.removeEventListener('abort', cancel)
    forget?.()
  }
}

function resultFrom(result: CommandResultPayload, progress: readonly TestProgress[]): TestResult {
  const { exit_code: exitCode, stdout, stderr, error, data, usage } = result
  const { code, message, retry_after_seconds: retryAfterSeconds, rule, cause } = error ?? {}
  const failure = code !== undefined &&
    message !== undefined && {
      failure: {
        code,
        message,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
        ...(rule && { rule }),
        ...(cause && { cause }),
      },
    }
  return {
    exitCode,
    stdout,
    stderr,
    ...failure,
    ...(data !== undefined && { data }),
    ...(usage && { usage }),
    progress,
  }
}
