import type { ErrorCodeEntry } from './entry.ts'

/** How Claude tasks end or are refused. */
export const CLAUDE_TASK_CODES = {
  TASK_EMPTY: {
    exitCode: -1,
    meaning: 'The task has no text, or only blanks.',
    remedy: 'Say in plain words what Claude is to do.',
  },
  TASK_TOO_LONG: {
    exitCode: -1,
    meaning: 'The task has more characters than the policy allows.',
    remedy: 'Shorten it, put the details into a context file, or raise `security.maxTaskCharacters`.',
  },
  TASK_CHARACTER_FORBIDDEN: {
    exitCode: -1,
    meaning: 'The task holds a character that the task filter refuses.',
    remedy: 'Reword it, or set `security.taskFilter` to `safe`.',
  },
  TASK_PROFILE_DENIED: {
    exitCode: -1,
    meaning: 'The policy gives no profile to who asks, or a lesser one than the task asks for.',
    remedy: 'Ask for the profile that the message names, or let the operator change the key in `error.rule`.',
  },
  BASE_DIRECTORY_UNSET: {
    exitCode: -1,
    meaning: 'No base directory is configured, so a task may run nowhere.',
    remedy: 'Name at least one in `plugins.claude_task.config.security.baseDirectories`.',
  },
  CONTEXT_FILE_MISSING: {
    exitCode: -1,
    meaning: 'A context file does not exist in the working directory, or cannot be reached.',
    remedy: 'Check its name; names are relative to the working directory.',
  },
  CONTEXT_FILE_OUTSIDE: {
    exitCode: -1,
    meaning: 'A context file, its links resolved, lies outside the working directory.',
    remedy: 'Name one inside, or a working directory that holds it.',
  },
  CONTEXT_FILE_INVALID: {
    exitCode: -1,
    meaning: 'A context file is not a regular file, or its name is not plain UTF-8 text.',
    remedy: 'Name a file, not a directory or device; rename it where the name is at fault.',
  },
  CONTEXT_FILE_TOO_LARGE: {
    exitCode: -1,
    meaning: 'A context file is larger than the policy allows.',
    remedy: 'Name a smaller part of it, or raise `security.maxContextFileBytes`.',
  },
  CONTEXT_FILE_DENIED: {
    exitCode: -1,
    meaning: 'A context file is one that the policy keeps from Claude, such as a key or another credential.',
    remedy: 'Leave it out, or let the operator change the rule that the refusal names.',
  },
  CONTEXT_FILE_BINARY: {
    exitCode: -1,
    meaning: 'A context file is not text: it holds a zero byte near its beginning, and no mark of UTF-16.',
    remedy: 'Name a text file, or one made from it.',
  },
  CONTEXT_FILES_TOO_MANY: {
    exitCode: -1,
    meaning: 'The task names more context files than the policy allows.',
    remedy: 'Name fewer, or raise `security.maxContextFiles`.',
  },
  CLAUDE_MISSING: {
    exitCode: -1,
    meaning: 'The Claude Code CLI was not found on this machine.',
    remedy: 'Install it, or name it in `plugins.claude_task.config.cliPath`.',
  },
  CLAUDE_TOO_OLD: {
    exitCode: -1,
    meaning: 'The Claude Code CLI lacks options that contain a task.',
    remedy: 'Update it to the version that the message names, or newer.',
  },
  CLAUDE_UNUSABLE: {
    exitCode: -1,
    meaning: 'What was found as the Claude Code CLI cannot be run, or is another program.',
    remedy: 'Install it anew, or name the right program in `cliPath`.',
  },
  CLAUDE_ROUTE_INVALID: {
    exitCode: -1,
    meaning: 'What the config says about the way to the API cannot be followed: its address, proxy or certificates.',
    remedy: 'Mend the variable that the message names, in `plugins.claude_task.config.environment`.',
  },
  CLAUDE_SANDBOX_MISSING: {
    exitCode: -1,
    meaning: 'The policy wants Bash in a sandbox that this machine does not have.',
    remedy: 'Install bubblewrap and socat (Linux), or take Bash out of `security.tools`.',
  },
  TASK_DENIED: {
    exitCode: 1,
    meaning: 'Claude gave no answer, and tools that it tried were denied.',
    remedy: 'Reword the task to what the policy allows, or widen the policy; `data.denials` lists them.',
  },
  CLAUDE_NO_ANSWER: {
    exitCode: 1,
    meaning: 'Claude ended the task without any text.',
    remedy: 'Ask more precisely, or send the task again.',
  },
  CLAUDE_DECLINED: {
    exitCode: 1,
    meaning: 'Claude declined the task for its safety rules.',
    remedy: 'Reword it, or name another model.',
  },
  CLAUDE_MAX_TURNS: {
    exitCode: 1,
    meaning: 'Claude was not done after the turns that the policy allows.',
    remedy: 'Ask for less at once, or raise `security.maxTurns`.',
  },
  CLAUDE_BUDGET_SPENT: {
    exitCode: 1,
    meaning: 'The task cost more than the policy allows.',
    remedy: 'Ask for less at once, or raise `security.maxBudgetUsd`.',
  },
  CLAUDE_PROMPT_TOO_LONG: {
    exitCode: 1,
    meaning: 'The task and what Claude read for it are larger than the model takes.',
    remedy: 'Name fewer or smaller files.',
  },
  CLAUDE_KEY_REJECTED: {
    exitCode: 1,
    meaning: 'The API does not accept the key (401).',
    remedy: 'Put a valid key into the file that `apiKeyFile` names.',
  },
  CLAUDE_FORBIDDEN: {
    exitCode: 1,
    meaning: 'The API does not allow this key what was asked (403).',
    remedy: 'Check the key’s workspace and the account’s settings.',
  },
  CLAUDE_BILLING: {
    exitCode: 1,
    meaning: 'The API account cannot pay for the task.',
    remedy: 'See to its credit or plan.',
  },
  CLAUDE_MODEL_UNKNOWN: {
    exitCode: 1,
    meaning: 'The API does not know the model, or the account may not use it (404).',
    remedy: 'Mend `security.model`.',
  },
  CLAUDE_RATE_LIMITED: {
    exitCode: 1,
    meaning: 'The API account is over its rate limit (429).',
    remedy: 'Send the task again after the time given.',
  },
  CLAUDE_OVERLOADED: {
    exitCode: 1,
    meaning: 'The API is overloaded (529).',
    remedy: 'Send the task again after the time given.',
  },
  CLAUDE_UNREACHABLE: {
    exitCode: 1,
    meaning: 'The connection to the API failed.',
    remedy: 'Check network, proxy and firewall of the machine, and `environment` in the plugin’s config.',
  },
  CLAUDE_API_FAILED: {
    exitCode: 1,
    meaning: 'The API answered with an error that no other code names.',
    remedy: 'The message has its words.',
  },
  CLAUDE_UNGATED: {
    exitCode: 1,
    meaning: 'The Claude Code CLI used a tool without asking the policy first, so the task was ended.',
    remedy: 'Install a version of the CLI that the agent is tested with, and report the one that did it.',
  },
  CLAUDE_STALLED: {
    exitCode: 1,
    meaning: 'Nothing was heard of Claude for `idleTimeoutSeconds`, so the task was ended.',
    remedy: 'Check the connection to the API, or raise `idleTimeoutSeconds`.',
  },
  CLAUDE_NO_RESULT: {
    exitCode: 1,
    meaning: 'The Claude Code CLI ended well but told no result.',
    remedy: 'Send the task again; if it stays so, update the CLI.',
  },
  CLAUDE_FAILED: {
    exitCode: 1,
    meaning: 'The Claude Code CLI ended badly.',
    remedy: 'The message has its last words.',
  },
} as const satisfies Record<string, ErrorCodeEntry>
