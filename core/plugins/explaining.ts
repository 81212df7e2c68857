import { randomUUID } from 'node:crypto'
import { CommandError, type PluginCommand, type Verdict } from '@gururmm/plugin-sdk'
import type { CommandType, Execution, Failure, RunResult } from '../dispatch/contract.ts'

/** Of a plugin that tells more, the rest is left out. */
const MOST_VERDICTS = 100
const MAX_TEXT = 2000

/** The code of a command that an execution is for: its handler, or what explains it. */
export function codeOf(command: PluginCommand, { explain }: Pick<Execution, 'explain'>): PluginCommand['handler'] {
  if (explain !== true) return command.handler.bind(command)
  return async (input, { run: _, progress: __, approve: ___, ...context }) => {
    return { data: { verdicts: (await command.explain?.(input, context)) ?? null } }
  }
}

/** Thrown where a plugin starts a program to explain itself. */
export function onlyExplained(): CommandError {
  return new CommandError(
    'EXPLAIN_ONLY',
    'The plugin tried to start a program while it explained a command; tell its author.',
  )
}

/** What a plugin's own policy says of a command. */
export interface PluginExplanation {
  /** Null: the plugin has nothing that could say anything. */
  readonly verdicts: readonly Verdict[] | null
  /** Why it would be refused, beside what the verdicts say; absent: nothing more stands in its way. */
  readonly failure?: Failure
}

/** How long a plugin may take to explain. */
const EXPLAIN_SECONDS = 30

/** Asks the plugin of a type what it thinks of an input that fits its schema. Runs nothing. Never rejects because of the plugin. */
export async function askPlugin(
  type: CommandType,
  input: unknown,
  asked: Pick<Execution['command'], 'elevated' | 'requester'>,
): Promise<PluginExplanation> {
  const result = await type.run({
    command: { id: `explain-${randomUUID()}`, type: type.type, origin: 'local', ...asked },
    input,
    timeoutSeconds: type.timeoutSeconds ?? EXPLAIN_SECONDS,
    explain: true,
    signal: AbortSignal.timeout(EXPLAIN_SECONDS * 1000),
    progress: () => {},
  })
  if (result.failure !== undefined) return { verdicts: [], failure: result.failure }
  return { verdicts: verdictsOf(result) }
}

function verdictsOf({ data }: RunResult): readonly Verdict[] | null {
  const { verdicts } = (data ?? {}) as { verdicts?: unknown }
  if (!Array.isArray(verdicts)) return null
  return verdicts
    .slice(0, MOST_VERDICTS)
    .filter(isVerdict)
    .map(({ allowed, message, rule }) => ({
      allowed,
      message: message.slice(0, MAX_TEXT),
      ...(typeof rule === 'string' && { rule: rule.slice(0, 256) }),
    }))
}

function isVerdict(value: unknown): value is Verdict {
  const { allowed, message } = (value ?? {}) as Partial<Verdict>
  return typeof allowed === 'boolean' && typeof message === 'string'
}
