import { ERROR_CODES, type ErrorCodeEntry } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { AGENT_CODES } from '../../plugin-sdk/error-codes/agent.ts'
import { CLAUDE_TASK_CODES } from '../../plugin-sdk/error-codes/claude-task.ts'
import { COMMAND_CODES } from '../../plugin-sdk/error-codes/command.ts'
import { POLICY_CODES } from '../../plugin-sdk/error-codes/policy.ts'
import { SHELL_CODES } from '../../plugin-sdk/error-codes/shell.ts'

test('no code stands in two parts of the table', async (t) => {
  const parts = [COMMAND_CODES, POLICY_CODES, SHELL_CODES, CLAUDE_TASK_CODES, AGENT_CODES].flatMap((part) =>
    Object.keys(part),
  )
  t.same(parts, Object.keys(ERROR_CODES))
})

test('every code is one word to machines, and tells people what it means and what helps', async (t) => {
  for (const [code, entry] of Object.entries<ErrorCodeEntry>(ERROR_CODES)) {
    t.match(code, /^[A-Z][A-Z0-9_]{2,63}$/)
    t.match(entry, { meaning: /^.{10,}[.]$/, remedy: /^.{10,}[.]$/ }, code)
  }
})
