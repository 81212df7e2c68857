import type { HistoryDetail, HistoryEntry, HistoryPage, HistoryQuery } from '../journal/index.ts'
import type { PluginStatus } from '../plugins/contract.ts'
import type { QueryPayload } from '../protocol/messages.ts'

/** The filters of a `history` query. @returns the name of a time that can't be read, where there is one. */
export function historyQueryOf(query: QueryPayload): HistoryQuery | { readonly unreadable: 'since' | 'until' } {
  const { type, plugin, state, origin, user, text, limit, before } = query
  const filters = {
    type,
    plugin,
    state,
    origin,
    user,
    text,
    limit,
    before,
    since: at(query.since),
    until: at(query.until),
  }
  for (const name of ['since', 'until'] as const) if (Number.isNaN(filters[name])) return { unreadable: name }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}

export function wirePage({ entries, next }: HistoryPage): object {
  return { entries: entries.map(wireEntry), next }
}

/** Without the streams of the result: they may be megabytes, and `output` brings them in pieces. */
export function wireDetail(detail: HistoryDetail): object {
  const { elevated, timeoutSeconds, input, commandText } = detail
  const { stdout: _, stderr: __, ...result } = detail.result ?? { stdout: '', stderr: '' }
  return {
    ...wireEntry(detail),
    elevated,
    timeout_seconds: timeoutSeconds,
    input: input ?? null,
    command: commandText,
    result: detail.result === null ? null : result,
  }
}

export function wirePlugins(plugins: readonly PluginStatus[]): object {
  return {
    plugins: plugins.map(({ name, version, state, reason, code, commands }) => ({
      ...{ name, version, state, reason, code },
      commands: commands.map(({ type, description, schemas, schemaDigest, timeoutSeconds, limits, ...more }) => ({
        ...{ type, description, schemas, schema_digest: schemaDigest, timeout_seconds: timeoutSeconds, limits },
        ...{ elevation: more.elevation, after_crash: more.afterCrash },
      })),
    })),
  }
}

function wireEntry(entry: HistoryEntry): object {
  const { seq, id, type, plugin, origin, state, user, role } = entry
  return {
    ...{ seq, command_id: id, type, plugin, origin, state, user, role },
    received_at: iso(entry.receivedAt),
    started_at: iso(entry.startedAt),
    finished_at: iso(entry.finishedAt),
    acknowledged_at: iso(entry.acknowledgedAt),
    exit_code: entry.exitCode,
    error_code: entry.errorCode,
    duration_ms: entry.durationMs,
  }
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function at(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}
