import type { By } from './contract.ts'
import type { Row } from './rows.ts'
import type { JournalSession } from './session.ts'
import type { Statements } from './statements.ts'

/** Longer names of users, roles and types are cut: they come from the wire, and a row must fit into a page. */
const NAME_LENGTH = 128

/** A user, role or type as it is written. */
export function nameOf(name: string | null): string | null {
  return name?.slice(0, NAME_LENGTH) ?? null
}

/** The starts of a command type since then, oldest first, with what their results told of their usage, as JSON. */
export function startsOf(
  statements: Statements,
  { clock, steady }: JournalSession,
  type: string,
  since: number,
  { user, role }: By,
): { at: number; usage: string | null }[] {
  // Ages are taken by the clock that never jumps, and told in terms of the one that the caller has.
  const now = clock.now()
  const steadyNow = steady()
  const rows = statements.starts.all({
    type: nameOf(type),
    since: steadyNow - (now - since),
    ofUser: user === undefined ? 0 : 1,
    user: nameOf(user ?? null),
    role: nameOf(role ?? null),
  }) as Row[]
  return rows.map(({ start_clock: started, usage }) => ({
    at: now - (steadyNow - (started as number)),
    usage: usage as string | null,
  }))
}
