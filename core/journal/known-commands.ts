import { DamageError } from './errors.ts'
import { type Row, sealOf } from './rows.ts'
import type { Seal } from './seal.ts'

/** What the next write of a command needs to know of its row. */
export interface KnownCommand extends Seal {
  readonly seq: number
  state: number
  session: number
  readonly acceptClock: number
  startClock: number | null
  /** Whether processes of it may be recorded. */
  runs: boolean
}

/** About as many as are under way at once: running, waiting, and answered a moment ago. */
const MOST = 512

/**
 * The commands that this process wrote last, as it wrote them, so that the next write of one need not read its row back and check it.
 * Only for the database that they were written to: what a failure takes back from that, it takes from here with it, since the database
 * is opened anew then.
 */
export class KnownCommands {
  readonly #commands = new Map<string, KnownCommand>()

  get(id: string): KnownCommand | undefined {
    return this.#commands.get(id)
  }

  /** Beyond {@link MOST} the oldest is forgotten, and read back when it is written again. */
  add(command: KnownCommand): void {
    const [oldest] = this.#commands.keys()
    if (oldest !== undefined && this.#commands.size >= MOST) this.#commands.delete(oldest)
    this.#commands.set(command.id, command)
  }

  forget(id: string): void {
    this.#commands.delete(id)
  }
}

/** @throws DamageError where the row is not what was written. */
export function knownOf(row: Row): KnownCommand {
  return {
    ...sealOf(row),
    seq: row.seq as number,
    session: row.session as number,
    acceptClock: row.accept_clock as number,
    startClock: row.start_clock as number | null,
    runs: true,
  }
}

/** @throws DamageError where the row that was to be changed is not there. */
export function written({ seq }: KnownCommand, { changes }: { readonly changes: number | bigint }): void {
  if (changes !== 1) throw new DamageError(`the journal is damaged (command ${seq} is gone)`)
}
