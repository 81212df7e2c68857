import type { Fields } from './fields.ts'

/** Token counts of a run. */
export interface Tokens {
  readonly input: number
  readonly output: number
  readonly cacheCreation: number
  readonly cacheRead: number
}

/** A tool use: what was to be used on what. */
export interface ToolUse {
  /** The API's id of it; empty where the CLI gave none. */
  readonly id: string
  readonly tool: string
  /** The file, pattern or command; null where the input names none. */
  readonly target: string | null
}

/** What a run took, as the CLI reckons it. */
export interface Spent {
  /** US dollars at list prices. */
  readonly costUsd: number
  readonly tokens: Tokens
}

/** How the CLI says that a run ended. */
export interface ClaudeResult extends Spent {
  readonly kind: 'result'
  /** `success`, also for API errors; `error_max_turns`, `error_max_budget_usd`, `error_during_execution`. */
  readonly subtype: string
  readonly isError: boolean
  /** Claude's answer, or an API error in words; null with the error subtypes. */
  readonly text: string | null
  readonly errors: readonly string[]
  readonly turns: number
  readonly sessionId: string | null
  readonly stopReason: string | null
  readonly terminalReason: string | null
  /** HTTP status of the API's refusal; null where there was none or no connection. */
  readonly apiStatus: number | null
  readonly denials: readonly ToolUse[]
}

/** What the plugin makes of the CLI's stream; everything else in it is passed over. */
export type ClaudeEvent =
  | {
      readonly kind: 'started'
      readonly sessionId: string | null
      readonly model: string | null
      readonly tools: readonly string[]
    }
  | { readonly kind: 'text'; readonly text: string }
  /** A model's answer begins. */
  | { readonly kind: 'turn' }
  /** It is whole, and what it cost is known to the CLI. */
  | { readonly kind: 'turn_end' }
  /** What all answers until now took, told because it was asked for. */
  | ({ readonly kind: 'spent' } & Spent)
  | ({ readonly kind: 'tool_use'; readonly input: Fields } & ToolUse)
  /** The CLI asks whether a tool may be used, and waits for the answer. */
  | ({ readonly kind: 'permission'; readonly requestId: string; readonly input: Fields } & ToolUse)
  /** It no longer waits. */
  | { readonly kind: 'permission_withdrawn'; readonly requestId: string }
  /** A tool use ended. */
  | { readonly kind: 'tool_result'; readonly id: string; readonly isError: boolean; readonly text: string }
  | ({ readonly kind: 'denied'; readonly reason: string | null } & ToolUse)
  | {
      readonly kind: 'retry'
      readonly attempt: number
      readonly maxAttempts: number
      readonly delayMs: number
      readonly status: number | null
      readonly error: string | null
    }
  /** The CLI's word for an API failure, e.g. `authentication_failed`. */
  | { readonly kind: 'api_error'; readonly error: string }
  | ClaudeResult
