import type { DatabaseSync } from 'node:sqlite'

/** Every statement of the way of a command, prepared once per open database. */
export function statementsOf(db: DatabaseSync) {
  return {
    find: db.prepare('SELECT * FROM command WHERE id = ?'),
    insert: db.prepare(`
      INSERT INTO command (seal, id, state, session, origin, type, plugin, user, role, rerun, elevated, timeout_seconds,
        expires_at, received_at, accept_clock, starts)
      VALUES (:seal, :id, :state, :session, :origin, :type, :plugin, :user, :role, :rerun, :elevated, :timeoutSeconds,
        :expiresAt, :receivedAt, :clock, 0)`),
    start: db.prepare(`
      UPDATE command SET seal = :seal, state = :state, session = :session, started_at = :at, start_clock = :clock,
        starts = starts + 1 WHERE seq = :seq`),
    finish: db.prepare(`
      UPDATE command SET seal = :seal, state = :state, finished_at = :at, final_clock = :clock, start_clock = :startClock,
        finish_order = :order, exit_code = :exitCode, error_code = :errorCode, duration_ms = :durationMs, usage = :usage WHERE seq = :seq`),
    acknowledge: db.prepare(`
      UPDATE command SET seal = :seal, state = :state, acknowledged_at = :at, final_clock = :clock
      WHERE seq = :seq`),
    input: db.prepare('SELECT * FROM input WHERE seq = ?'),
    insertInput: db.prepare('INSERT INTO input VALUES (?, ?, ?, ?)'),
    result: db.prepare('SELECT * FROM result WHERE seq = ?'),
    insertResult: db.prepare('INSERT INTO result VALUES (?, ?, ?)'),
    runs: db.prepare('SELECT * FROM run WHERE seq = ?'),
    insertRun: db.prepare('INSERT INTO run VALUES (?, ?, ?, ?)'),
    removeRuns: db.prepare('DELETE FROM run WHERE seq = ?'),
    removals: ['command', 'input', 'result', 'run'].map((table) => db.prepare(`DELETE FROM ${table} WHERE seq = ?`)),
    bury: db.prepare('UPDATE command SET seal = :seal, state = :state WHERE seq = :seq'),
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
