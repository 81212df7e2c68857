import type { CommandType, Execution, Registry, RunResult } from '../../core/dispatch/contract.ts'
import type { Session } from '../../core/dispatch/delivery.ts'
import { Dispatcher, type DispatcherOptions } from '../../core/dispatch/dispatcher.ts'
import { createLimits } from '../../core/limits/limits.ts'
import type { AgentMessage, Capability, CommandPayload, CommandResultPayload } from '../../core/protocol/messages.ts'
import { CAPABILITIES } from '../../core/protocol/schemas.ts'
import { bufferLogger } from './logger.ts'
import { createMemoryJournal } from './memory-journal.ts'

/** A command type whose runs the test ends by hand. */
export function manualType(change: Partial<CommandType> = {}): CommandType & { readonly runs: ManualRun[] } {
  const runs: ManualRun[] = []
  return {
    runs,
    type: 'manual',
    plugin: 'test',
    timeoutSeconds: null,
    limits: {},
    elevation: false,
    afterCrash: 'interrupt',
    takesCommandText: true,
    validate: async (input) => ({ input: structuredClone(input) }),
    run(execution) {
      const { promise, resolve } = Promise.withResolvers<RunResult>()
      runs.push({ execution, end: (result = {}) => resolve({ exitCode: 0, stdout: '', stderr: '', ...result }) })
      // A well-behaved plugin ends when it is told to.
      execution.signal.addEventListener('abort', () => resolve({ exitCode: 1, stdout: 'so far', stderr: '' }))
      return promise
    },
    ...change,
  }
}

export interface ManualRun {
  readonly execution: Execution
  end(result?: Partial<RunResult>): void
}

/** A session that keeps what was sent. */
export function recordingSession(
  capabilities: readonly Capability[] = CAPABILITIES,
): Session & { readonly sent: AgentMessage[]; results(): CommandResultPayload[]; bufferedBytes: number } {
  const sent: AgentMessage[] = []
  return {
    sent,
    bufferedBytes: 0,
    capabilities: new Set(capabilities),
    send: async (message) => {
      sent.push(structuredClone(message))
      return true
    },
    results: () => sent.flatMap((message) => (message.type === 'command_result' ? [message.payload] : [])),
  }
}

/** A dispatcher on a journal in memory, serving the given types. */
export function testDispatcher(types: readonly CommandType[], change: Partial<DispatcherOptions> = {}) {
  const journal = change.journal ?? createMemoryJournal()
  const registry: Registry = {
    find: (name) =>
      types.find((type) => type.type === name) ?? {
        failure: { code: 'COMMAND_TYPE_UNKNOWN', message: `No plugin brings ${name}.` },
      },
  }
  const agent = { maxConcurrentCommands: 4, maxQueuedCommands: 4 }
  const admission = createLimits({ agent, startsSince: journal.startsSince })
  const logger = bufferLogger()
  const limits = { defaultTimeoutSeconds: 60, maxTimeoutSeconds: 3600 }
  const dispatcher = new Dispatcher({ journal, registry, admission, limits, logger, ...change })
  return { dispatcher, journal, logger }
}

/** A command as the wire brings it. */
export function command(id: string, change: Partial<CommandPayload> = {}): CommandPayload {
  return { id, command_type: 'manual', command: 'text', timeout_seconds: 300, elevated: false, ...change }
}

/** Waits until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
