import type { DatabaseSync } from 'node:sqlite'
import { NewerSchemaError } from './errors.ts'
import { failpoint } from './failpoints.ts'

/** Numbers of the states on disk. 0 to 3 are those of the contract. */
export const STATE = { accepted: 0, running: 1, finished: 2, acknowledged: 3, tombstone: 4 } as const

export const STATE_NAMES = ['accepted', 'running', 'finished', 'acknowledged', 'tombstone'] as const

type Migration = (db: DatabaseSync) => void

/**
 * Each step leads from the version of its place to the next; the version is `user_version`. Steps that were released never change.
 *
 * - `command`: one row a command, until its id may be forgotten. `finish_order`: the order in which results began to wait for the server; see {@link firstOrder}.
 *   `*_clock`: see {@link steadyClock}; `*_at`: wall clock.
 * - `input`, `result`: apart, so that listing commands reads none of them.
 * - `run`: processes of commands that have not ended.
 */
export const MIGRATIONS: readonly Migration[] = [
  (db) =>
    db.exec(`
      CREATE TABLE command (
        seq INTEGER PRIMARY KEY,
        seal TEXT NOT NULL,
        id TEXT NOT NULL UNIQUE,
        state INTEGER NOT NULL,
        session INTEGER NOT NULL,
        origin TEXT NOT NULL,
        type TEXT NOT NULL,
        plugin TEXT,
        user TEXT,
        role TEXT,
        rerun INTEGER NOT NULL,
        elevated INTEGER NOT NULL,
        timeout_seconds REAL,
        expires_at REAL,
        received_at REAL NOT NULL,
        started_at REAL,
        finished_at REAL,
        acknowledged_at REAL,
        accept_clock REAL NOT NULL,
        start_clock REAL,
        final_clock REAL,
        starts INTEGER NOT NULL,
        finish_order INTEGER,
        exit_code INTEGER,
        error_code TEXT,
        duration_ms REAL
      ) STRICT;
      CREATE INDEX unfinished ON command (seq) WHERE state < 2;
      CREATE INDEX outbox ON command (finish_order) WHERE state = 2;
      CREATE INDEX starts ON command (type, start_clock) WHERE start_clock IS NOT NULL;
      CREATE TABLE input (seq INTEGER PRIMARY KEY, json TEXT NOT NULL, command_text TEXT NOT NULL, intact INTEGER NOT NULL) STRICT;
      CREATE TABLE result (seq INTEGER PRIMARY KEY, seal TEXT NOT NULL, json TEXT NOT NULL) STRICT;
      CREATE TABLE run (seq INTEGER NOT NULL, pid INTEGER NOT NULL, start_time TEXT NOT NULL, marker TEXT NOT NULL) STRICT;
      CREATE TABLE meta (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT, WITHOUT ROWID;
    `),
  // What the result told as used, as JSON: limits count it, also when the result is gone.
  (db) => db.exec('ALTER TABLE command ADD COLUMN usage TEXT'),
]

/**
 * Brings the database to the newest version, each step whole or not at all.
 *
 * @throws NewerSchemaError where a newer agent has written it; nothing is changed then.
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  if (found > migrations.length) {
    throw new NewerSchemaError(
      `the journal was written by a newer agent (expected version ${migrations.length} at most, found ${found}); ` +
        'upgrade this agent, or move the journal folder away',
    )
  }
  for (const [index, step] of [...migrations.entries()].slice(found)) {
    db.exec('BEGIN IMMEDIATE')
    try {
      step(db)
      failpoint('journal-schema')
      db.exec(`PRAGMA user_version = ${index + 1}; COMMIT`)
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
    failpoint('journal-migrated')
  }
}
