/** What a person is asked about. */
export interface ApprovalQuestion {
  /** What is to be used, e.g. a tool's name. */
  readonly tool: string
  /** On what; null: nothing that can be named. */
  readonly target: string | null
  /** The policy's rule that wants to be asked. */
  readonly rule: string
  /** How long to wait. */
  readonly seconds: number
}

/** What came of it. */
export interface ApprovalAnswer {
  readonly approved: boolean
  /** Who decided; null: nobody did. */
  readonly by: string | null
  /** Why nobody did, as a sentence; null: somebody did. */
  readonly reason: string | null
}

/** Puts one question to somebody; the signal aborts when no answer is waited for any more. */
export type Asker = (question: ApprovalQuestion, signal: AbortSignal) => Promise<{ approved: boolean; by: string }>

/** Nobody decided. */
export function nobody(reason: string): ApprovalAnswer {
  return { approved: false, by: null, reason }
}
