/** A tool call as Claude made it. */
export interface ToolCall {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What the policy says to a tool call. */
export interface Ruling {
  readonly decision: 'allow' | 'deny' | 'ask'
  /** What decided: a key below `plugins.claude_task.config`, or a fixed word for what no key changes. */
  readonly rule: string
  /** Why, as one sentence; of a denial Claude reads it too. */
  readonly why: string
  /** What the ruling is about: the input with its paths resolved. Nothing else may be carried out. */
  readonly input: Readonly<Record<string, unknown>>
}
