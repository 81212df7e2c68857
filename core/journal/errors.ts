import { CommandError } from '@gururmm/plugin-sdk'

/** @param reason why nothing can be recorded, as a clause. */
export function unavailable(reason: string, cause?: unknown): CommandError {
  return new CommandError('JOURNAL_UNAVAILABLE', `The agent cannot record commands now: ${reason}.`, {
    refused: true,
    cause,
  })
}

export function locked(directory: string, cause?: unknown): CommandError {
  return new CommandError(
    'AGENT_LOCKED',
    `Another agent uses ${directory}: expected to be the only one, found its lock taken; stop the other agent, or give this one a data folder of its own.`,
    { refused: true, cause },
  )
}

/** A second command, or a second result, under an id that is taken. */
export function idTaken(id: string): CommandError {
  return new CommandError('COMMAND_ID_REUSED', `The journal already has a command ${JSON.stringify(id)}.`, {
    refused: true,
  })
}

/** What the journal's files hold is not what was written. */
export class DamageError extends Error {
  readonly code = 'JOURNAL_DAMAGED'
}

/** The database belongs to a newer agent. */
export class NewerSchemaError extends Error {
  readonly code = 'JOURNAL_NEWER'
}

/** Primary result codes of SQLite that we tell apart. */
const SQLITE = { busy: 5, locked: 6, corrupt: 11, full: 13, constraint: 19, notADatabase: 26, readOnly: 8 } as const

function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  // The lower byte is the primary code.
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined
}

export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return error instanceof DamageError || code === SQLITE.corrupt || code === SQLITE.notADatabase
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE.busy || code === SQLITE.locked
}

/** Whether the database itself failed, rather than one statement's wish. */
export function isStoreFailure(error: unknown): boolean {
  const code = sqliteCode(error)
  return (code !== undefined && code !== SQLITE.constraint) || error instanceof DamageError
}

/** What to tell people of a failed write. */
export function reasonOf(error: unknown): string {
  if (error instanceof NewerSchemaError || error instanceof DamageError) return error.message
  const { code } = (error ?? {}) as { code?: unknown }
  const primary = sqliteCode(error)
  if (isDamage(error)) return `the journal is damaged (${(error as Error).message})`
  if (primary === SQLITE.full || code === 'ENOSPC' || code === 'EDQUOT') return 'the disk of the data folder is full'
  if (primary === SQLITE.readOnly || code === 'EROFS' || code === 'EACCES') return 'the data folder cannot be written'
  return `the disk of the data folder failed (${(error as Error).message})`
}
