import type { SQLOutputValue } from 'node:sqlite'
import type { JournalEntry } from '../dispatch/contract.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import type { HistoryDetail, HistoryEntry, UnfinishedCommand } from './contract.ts'
import { DamageError } from './errors.ts'
import { STATE, STATE_NAMES } from './schema.ts'
import { openSeal, type Seal, sealResult } from './seal.ts'

/** A row as SQLite gives it; the schema is STRICT, so the types are what the columns say. */
export type Row = Record<string, SQLOutputValue>

const text = (value: SQLOutputValue | undefined) => value as string
const maybeText = (value: SQLOutputValue | undefined) => (value ?? null) as string | null
const maybeNumber = (value: SQLOutputValue | undefined) => (value ?? null) as number | null

/** @throws DamageError where the row is not what was written. */
export function sealOf(row: Row): Seal {
  const seal = openSeal(text(row.seal))
  if (seal === undefined || seal.id !== row.id || seal.state !== row.state) {
    throw new DamageError(`the journal is damaged (command ${row.seq} does not match its seal)`)
  }
  return seal
}

/** @throws DamageError where the result is not what was written. */
export function resultOf(id: string, row: Row): CommandResultPayload {
  const json = text(row.json)
  if (row.seal !== sealResult(id, json)) {
    throw new DamageError(`the journal is damaged (the result of command ${row.seq} does not match its seal)`)
  }
  return JSON.parse(json) as CommandResultPayload
}

export function journalEntryOf(row: Row, result: CommandResultPayload | null): JournalEntry {
  const { id, digest, origin, state } = sealOf(row)
  const known = STATE_NAMES[state] ?? 'tombstone'
  return { id, digest, origin, state: known === 'tombstone' ? 'acknowledged' : known, result }
}

export function historyEntryOf(row: Row): HistoryEntry {
  return {
    seq: row.seq as number,
    id: text(row.id),
    type: text(row.type),
    plugin: maybeText(row.plugin),
    origin: row.origin === 'server' ? 'server' : 'local',
    state: STATE_NAMES[row.state as number] ?? 'tombstone',
    user: maybeText(row.user),
    role: maybeText(row.role),
    receivedAt: row.received_at as number,
    startedAt: maybeNumber(row.started_at),
    finishedAt: maybeNumber(row.finished_at),
    acknowledgedAt: maybeNumber(row.acknowledged_at),
    exitCode: maybeNumber(row.exit_code),
    errorCode: maybeText(row.error_code),
    durationMs: maybeNumber(row.duration_ms),
  }
}

export function historyDetailOf(row: Row, input: Row | undefined, result: CommandResultPayload | null): HistoryDetail {
  return {
    ...historyEntryOf(row),
    elevated: row.elevated === 1,
    timeoutSeconds: maybeNumber(row.timeout_seconds),
    input: input === undefined ? undefined : JSON.parse(text(input.json)),
    commandText: input === undefined ? null : text(input.command_text),
    result,
  }
}

export function unfinishedOf(row: Row, input: Row | undefined, runs: readonly Row[]): UnfinishedCommand {
  const { id, digest, origin, state } = sealOf(row)
  return {
    record: {
      request: {
        id,
        digest,
        origin,
        type: text(row.type),
        input: input === undefined ? null : JSON.parse(text(input.json)),
        commandText: input === undefined ? '' : text(input.command_text),
        timeoutSeconds: maybeNumber(row.timeout_seconds),
        elevated: row.elevated === 1,
        requester: { user: maybeText(row.user), role: maybeText(row.role) },
        expiresAt: maybeNumber(row.expires_at),
      },
      plugin: maybeText(row.plugin),
      afterCrash: row.rerun === 1 ? 'rerun' : 'interrupt',
      receivedAt: row.received_at as number,
    },
    state: state === STATE.accepted ? 'accepted' : 'running',
    starts: row.starts as number,
    runs: runs.map((run) => ({
      pid: run.pid as number,
      startTime: text(run.start_time),
      marker: text(run.marker),
    })),
    inputIntact: input?.intact === 1,
  }
}
