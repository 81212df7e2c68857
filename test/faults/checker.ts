/**
 * Judges what happened to commands under faults by what the world saw of them: the server's record, a file to which each command
 * appends its id as it runs, the journal on disk, and the processes that are left. It knows nothing of how the agent works.
 *
 * @module
 */

/** One `command_result` frame as it came. */
export interface SeenResult {
  readonly id: string
  /** The whole frame: repeats must be equal byte by byte. */
  readonly text: string
}

/** All that was seen of one agent's commands over all its lives. */
export interface History {
  /** Ids that the server sent. */
  readonly commands: readonly string[]
  readonly results: readonly SeenResult[]
  readonly acks: readonly { readonly id: string; readonly status: string }[]
  /** Ids in the order in which their commands ran. */
  readonly executions: readonly string[]
  /** Processes of commands that still live. */
  readonly survivors: readonly string[]
  /** The journal's result of each command (null: none is kept); absent where the journal is not to be asked. */
  readonly journal?: ReadonlyMap<string, object | null>
}

/** What is wrong, as ids or descriptions; all empty: nothing is. */
export interface Verdict {
  /** No result came. */
  readonly lost: readonly string[]
  /** Ran more than once. */
  readonly doubled: readonly string[]
  /** Results that differ, or two acceptances. */
  readonly conflicting: readonly string[]
  /** The result says what did not happen: success without a run, a refusal of what ran. */
  readonly untrue: readonly string[]
  /** Results or runs of commands that nobody sent. */
  readonly strange: readonly string[]
  /** The journal on disk lacks the command, or holds another result than the server got. */
  readonly unrecorded: readonly string[]
  readonly leftOver: readonly string[]
}

/** Codes that say that nothing ran. */
const NOT_RUN = /^(JOURNAL_UNAVAILABLE|LIMIT_\w+|COMMAND_EXPIRED|AGENT_DRAINING|MESSAGE_INVALID|SPAWN_FAILED)$/

/** Every command must have appended its id to the file of executions as the first thing it did. */
export function judge(history: History): Verdict {
  const { commands, results, executions, acks, survivors } = history
  const known = new Set(commands)
  const texts = Map.groupBy(results, ({ id }) => id)
  const runs = Map.groupBy(executions, (id) => id)
  const accepted = Map.groupBy(
    acks.filter(({ status }) => status === 'accepted'),
    ({ id }) => id,
  )
  const differs = ([, seen]: [string, SeenResult[]]): boolean => seen.some(({ text }) => text !== seen[0]?.text)
  return {
    lost: [...known].filter((id) => !texts.has(id)),
    doubled: keysOf([...runs].filter(([, seen]) => seen.length > 1)),
    conflicting: keysOf([...[...texts].filter(differs), ...[...accepted].filter(([, seen]) => seen.length > 1)]),
    untrue: [...texts].flatMap(([id, [first]]) => (first !== undefined && isUntrue(first, runs.has(id)) ? [id] : [])),
    strange: [...new Set([...texts.keys(), ...runs.keys()])].filter((id) => !known.has(id)),
    unrecorded: unrecorded(history),
    leftOver: survivors,
  }
}

/** Whether a verdict has nothing to complain of. */
export function isClean(verdict: Verdict): boolean {
  return Object.values(verdict).every((found: readonly string[]) => found.length === 0)
}

function keysOf(entries: readonly (readonly [string, unknown])[]): string[] {
  return [...new Set(entries.map(([key]) => key))]
}

interface ResultFrame {
  readonly payload: { readonly exit_code: number; readonly error?: { readonly code: string } | null }
}

function isUntrue({ text }: SeenResult, ran: boolean): boolean {
  const { exit_code: exitCode, error } = (JSON.parse(text) as ResultFrame).payload
  if (error == null) return exitCode === 0 && !ran
  return NOT_RUN.test(error.code) && ran
}

function unrecorded({ commands, results, journal }: History): string[] {
  if (journal === undefined) return []
  const seen = new Map(results.map(({ id, text }) => [id, text]))
  return commands.filter((id) => {
    const kept = journal.get(id)
    // A refusal for want of a journal is the one answer that can't be in it.
    if (kept === undefined) return !seen.get(id)?.includes('"JOURNAL_UNAVAILABLE"')
    const text = seen.get(id)
    return kept !== null && text !== undefined && !isSame(kept, (JSON.parse(text) as { payload: object }).payload)
  })
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
