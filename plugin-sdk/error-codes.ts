import { AGENT_CODES } from './error-codes/agent.ts'
import { CLAUDE_TASK_CODES } from './error-codes/claude-task.ts'
import { COMMAND_CODES } from './error-codes/command.ts'
import { POLICY_CODES } from './error-codes/policy.ts'
import { SHELL_CODES } from './error-codes/shell.ts'

export type { ErrorCodeEntry } from './error-codes/entry.ts'

/**
 * Every error code of the agent and its shipped plugins; docs/errors.md is made from this table. A code that was once released
 * keeps its meaning and is never reused.
 */
export const ERROR_CODES = {
  ...COMMAND_CODES,
  ...POLICY_CODES,
  ...SHELL_CODES,
  ...CLAUDE_TASK_CODES,
  ...AGENT_CODES,
} as const

/** A code of the agent's own table. Third-party plugins add theirs. */
export type ErrorCode = keyof typeof ERROR_CODES
