import type { DatabaseSync } from 'node:sqlite'

/** Every statement of the way of a command, prepared once per open database. */
export function statementsOf(db: DatabaseSync) {
  return {
    find: db.prepare('SELECT * FROM command WHERE id = ?'),
    // Values by their place: by name, each is looked up once more.
    insert: db.prepare(`
      INSERT INTO command (seal, id, state, session, origin, type, plugin, user, role, rerun, elevated, timeout_seconds,
        expires_at, received_at, accept_clock, starts)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING`),
    start: db.prepare(`
      UPDATE command SET seal = ?, state = ?, session = ?, started_at = ?, start_clock = ?, starts = starts + 1
      WHERE seq = ?`),
    finish: db.prepare(`
      UPDATE command SET seal = ?, state = ?, finished_at = ?, final_clock = ?, finish_order = ?, exit_code = ?, error_code = ?,
        duration_ms = ?, usage = ? WHERE seq = ?`),
    // Apart from `finish`, which most commands make without it: the index of starts is written anew for each value that is set.
    count: db.prepare('UPDATE command SET start_clock = ? WHERE seq = ?'),
    acknowledge: db.prepare(`
      UPDATE command SET seal = ?, state = ?, acknowledged_at = ?, final_clock = ? WHERE seq = ?`),
    input: db.prepare('SELECT * FROM input WHERE seq = ?'),
    insertInput: db.prepare('INSERT INTO input VALUES (?, ?, ?, ?)'),
    result: db.prepare('SELECT * FROM result WHERE seq = ?'),
    insertResult: db.prepare('INSERT INTO result VALUES (?, ?, ?)'),
    runs: db.prepare('SELECT * FROM run WHERE seq = ?'),
    insertRun: db.prepare('INSERT INTO run VALUES (?, ?, ?, ?)'),
    removeRuns: db.prepare('DELETE FROM run WHERE seq = ?'),
    removals: ['command', 'input', 'result', 'run'].map((table) => db.prepare(`DELETE FROM ${table} WHERE seq = ?`)),
    bury: db.prepare('UPDATE command SET seal = ?, state = ? WHERE seq = ?'),
    removePayloads: ['input', 'result'].map((table) => db.prepare(`DELETE FROM ${table} WHERE seq = ?`)),
    replaceResult: db.prepare('UPDATE result SET seal = ?, json = ? WHERE seq = ?'),
    oldest: {
      ended: db.prepare('SELECT * FROM command WHERE state IN (2, 3) ORDER BY seq LIMIT ?'),
      settled: db.prepare(
        'SELECT command.* FROM result JOIN command USING (seq) WHERE state = 3 ORDER BY result.seq LIMIT ?',
      ),
      tombstones: db.prepare('SELECT * FROM command WHERE state = 4 ORDER BY seq LIMIT ?'),
      waiting: db.prepare('SELECT * FROM command WHERE state = 2 ORDER BY finish_order LIMIT ?'),
    },
    waitingAfter: db.prepare(`
      SELECT result.*, id FROM command JOIN result USING (seq)
      WHERE state = 2 AND finish_order > ? ORDER BY finish_order`),
    bulkyAfter: db.prepare(`
      SELECT result.*, id, finish_order FROM command JOIN result USING (seq) LEFT JOIN input USING (seq)
      WHERE state = 2 AND finish_order > ? AND (octet_length(result.json) > ? OR octet_length(input.json) > ?)
      ORDER BY finish_order LIMIT ?`),
    tombstones: db.prepare('SELECT count(*) AS tombstones FROM command WHERE state = 4'),
    removeInput: db.prepare('DELETE FROM input WHERE seq = ?'),
    countWaiting: db.prepare('SELECT count(*) AS waiting FROM command WHERE state = 2'),
    starts: db.prepare(`
      SELECT start_clock, usage FROM command WHERE type = :type AND start_clock >= :since
        AND (NOT :ofUser OR user IS :user) AND (:role IS NULL OR role = :role) ORDER BY start_clock`),
    left: db.prepare('SELECT * FROM command WHERE state < 2 AND session <> ? ORDER BY seq'),
  }
}

export type Statements = ReturnType<typeof statementsOf>
