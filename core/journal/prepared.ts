import type { CommandRequest, JournalRecord } from '../dispatch/contract.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { CommandResultPayload } from '../protocol/messages.ts'
import { sealResult } from './seal.ts'

/** An input as it is written. */
export interface PreparedInput {
  readonly json: string
  readonly commandText: string
  /** Whether nothing had to be masked. */
  readonly intact: boolean
}

/** A result as it is written. */
export interface PreparedResult {
  readonly json: string
  readonly seal: string
  readonly exitCode: number
  readonly errorCode: string | null
  readonly durationMs: number
  /** JSON; null: the result tells none. */
  readonly usage: string | null
}

/** Masked string by string, since a secret may look different within JSON. */
export function prepareInput(request: CommandRequest, redact: (text: string) => string): PreparedInput {
  let intact = true
  const mask = (text: string): string => {
    const masked = redact(text)
    if (masked !== text) intact = false
    return masked
  }
  const json = canonicalJson(maskAll(request.input, mask)) ?? 'null'
  return { json, commandText: mask(request.commandText), intact }
}

function maskAll(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value)
  if (Array.isArray(value)) return value.map((item) => maskAll(item, mask))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(key), maskAll(inner, mask)]))
}

export function prepareResult(id: string, result: CommandResultPayload): PreparedResult {
  const json = JSON.stringify(result)
  return {
    json,
    seal: sealResult(id, json),
    exitCode: result.exit_code,
    errorCode: result.error?.code ?? null,
    durationMs: result.duration_ms,
    usage: usageOf(result),
  }
}

/** A row must fit into a page: what a plugin tells beyond that is in the result alone. */
function usageOf({ usage }: CommandResultPayload): string | null {
  if (usage === undefined) return null
  const kept: Record<string, number> = {}
  for (const [key, value] of Object.entries(usage).slice(0, MOST_USAGE_KEYS)) {
    if (key.length <= MAX_USAGE_KEY && Number.isFinite(value)) kept[key] = value
  }
  return JSON.stringify(kept)
}

const MOST_USAGE_KEYS = 16
const MAX_USAGE_KEY = 64

/** A record and its input, both as they are written. */
export interface PreparedRecord {
  readonly record: JournalRecord
  readonly input: PreparedInput
}
