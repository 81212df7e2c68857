import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from './disk.ts'
import { failpoint } from './failpoints.ts'
import type { LogInspection } from './log-inspection.ts'
import { FILES } from './store.ts'

/**
 * Damaged files keep the journal's name with the moment they were found. While they are being read back they end in `.salvaging`, so
 * that a process that dies meanwhile leaves the work to the next; then in `.damaged`. The last set is kept for people to look at.
 */
const SALVAGING = '.salvaging'
const KEPT = '.damaged'
/** Ends the name of what a power cut may have left in a log: read back as well, but nothing to report. */
const TORN = '-torn'

/** Says that there was a journal, so that one that is gone is told from one that never was. */
const BEGUN = 'begun'
/** Says that the journal was not closed, so that there must be a log beside the database. */
const OPEN = 'open'
/** No database of SQLite is shorter. */
const LEAST_BYTES = 512

export function markBegun(directory: string): void {
  const path = join(directory, BEGUN)
  if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600 })
}

/** The database is open from now on, and has a log. */
export function markOpen(directory: string): void {
  writeFileSync(join(directory, OPEN), '', { mode: 0o600 })
}

/** The database is about to be closed, which removes the log. */
export function markClosed(directory: string): void {
  rmSync(join(directory, OPEN), { force: true })
}

/** Whether a file is gone, or what is left too little for SQLite to notice; null: all are there, or none ever was. */
export function whatIsMissing(directory: string): string | null {
  const size = statSync(join(directory, FILES[0]), { throwIfNoEntry: false })?.size ?? 0
  if (size >= LEAST_BYTES) {
    const logGone = existsSync(join(directory, OPEN)) && !existsSync(join(directory, FILES[1]))
    return logGone ? 'the journal is damaged (expected a log beside the database, found none)' : null
  }
  if (size === 0 && !existsSync(join(directory, BEGUN))) return null
  return `the journal is damaged (expected a database, found ${size} bytes)`
}

/** Moves the database and its log out of the way. The database must be closed. */
export function setAside(directory: string, now: number): void {
  failpoint('journal-damage-found')
  const [database, log] = FILES.map((file) => join(directory, file)) as [string, string]
  const aside = join(directory, `journal-${stamp(now)}${SALVAGING}`)
  // The log first: SQLite takes it for its database's as soon as both have their names.
  if (existsSync(log)) renameSync(log, `${aside}-wal`)
  if (existsSync(database)) renameSync(database, aside)
  failpoint('journal-set-aside')
}

/**
 * Keeps what SQLite drops of a log: it deletes one without a head as soon as it closes the database, also one that it could not open.
 * Call it before. May be repeated, as it is while the database can't be opened.
 */
export async function keepRest(directory: string, now: number, { damaged, rest }: LogInspection): Promise<void> {
  if (pendingSalvage(directory).some((file) => readFileSync(file, 'latin1') === rest)) return
  if (damaged) failpoint('journal-damage-found')
  const path = join(directory, `journal-${stamp(now)}${SALVAGING}${damaged ? '-log' : TORN}`)
  await writeFile(`${path}.part`, rest, { encoding: 'latin1', mode: 0o600, flush: true })
  renameSync(`${path}.part`, path)
  await syncDirectory(directory)
  if (damaged) failpoint('journal-set-aside')
}

/** Files that were set aside and not read back yet. */
export function pendingSalvage(directory: string): string[] {
  const pending = new RegExp(`^journal-\\w+\\${SALVAGING}(-wal|-log|-torn)?$`)
  return namesIn(directory)
    .filter((name) => pending.test(name))
    .map((name) => join(directory, name))
}

/** Whether a file is what a power cut may have left. */
export function isTorn(file: string): boolean {
  return file.endsWith(TORN)
}

/** The files have been read back: they are kept, earlier ones are not. @returns where they are now. */
export function keepDamaged(directory: string, files: readonly string[]): string[] {
  for (const name of namesIn(directory)) if (name.includes(KEPT)) rmSync(join(directory, name), { force: true })
  return files
    .filter((file) => existsSync(file))
    .map((file) => {
      const kept = file.replace(SALVAGING, KEPT)
      renameSync(file, kept)
      return kept
    })
}

function namesIn(directory: string): string[] {
  return readdirSync(directory).sort()
}

function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll(/[^\dTZ]/g, '')
}
