/** What a code means and what helps. `exitCode` is what a result carries with it, where it ends a command. */
export interface ErrorCodeEntry {
  readonly exitCode?: -1 | 1 | 124
  readonly meaning: string
  readonly remedy: string
}

/**
 * Every error code of the agent and its shipped plugins; docs/errors.md is made from this table. A code that was once released
 * keeps its meaning and is never reused.
 */
export const ERROR_CODES = {
  // The wire and the command itself
  MESSAGE_INVALID: {
    exitCode: -1,
    meaning: 'A frame was not JSON, not UTF-8 text, too deep, or not of its message’s shape.',
    remedy: 'Compare the frame with docs/protocol.md; the message names the place.',
  },
  COMMAND_ID_REUSED: {
    meaning: 'A command came with the id of an earlier one but another payload. The earlier one’s result stands.',
    remedy: 'Give every command an id of its own, e.g. a UUID.',
  },
  COMMAND_TYPE_UNKNOWN: {
    exitCode: -1,
    meaning: 'No plugin of this agent brings the command type.',
    remedy: 'Look at `gururmm-agent plugin list`; add the plugin, or mend the type’s name.',
  },
  COMMAND_INPUT_INVALID: {
    exitCode: -1,
    meaning: 'The input does not fit the schema of its command type.',
    remedy: 'Mend the field that the message names; `gururmm-agent plugin info NAME` shows the schema.',
  },
  COMMAND_EXPIRED: {
    exitCode: -1,
    meaning: 'The command arrived, or reached the front of the queue, after its `expires_at`.',
    remedy: 'Send it again with a later expiry if it is still wanted.',
  },
  COMMAND_CANCELLED: {
    exitCode: -1,
    meaning: 'The server cancelled the command; what ran of it was ended.',
    remedy: 'Nothing: this is what was asked for.',
  },
  COMMAND_TIMED_OUT: {
    exitCode: 124,
    meaning: 'The command ran longer than its `timeout_seconds` and was ended.',
    remedy: 'Allow it more time, or find out what it waits for.',
  },
  COMMAND_INTERRUPTED: {
    exitCode: -1,
    meaning: 'The agent stopped or died while the command ran. It was not run again.',
    remedy: 'Check what it left behind, then send it again under a new id if it is safe to repeat.',
  },
  AGENT_DRAINING: {
    exitCode: -1,
    meaning: 'The agent is stopping and takes no new commands.',
    remedy: 'Send the command again once the agent is back.',
  },
  // Limits
  LIMIT_CONCURRENT: {
    exitCode: -1,
    meaning: 'As many commands of this type, plugin or agent are running as are allowed, and none may wait.',
    remedy: 'Send it again after the time given, or raise `limits.concurrent` or `limits.queued`.',
  },
  LIMIT_QUEUE: {
    exitCode: -1,
    meaning: 'The queue of waiting commands is full.',
    remedy: 'Send it again after the time given, or raise the limit that the message names.',
  },
  LIMIT_RATE: {
    exitCode: -1,
    meaning: 'As many commands of this type have started in the window as are allowed.',
    remedy: 'Send it again after the time given, or raise `limits.rate`.',
  },
  // Policy
  PLUGIN_DISABLED: {
    exitCode: -1,
    meaning: 'The plugin that brings this command type is switched off here.',
    remedy: 'If it should run: `gururmm-agent plugin enable NAME`, or change the site’s profile.',
  },
  PLUGIN_UNAVAILABLE: {
    exitCode: -1,
    meaning: 'The plugin is enabled but was not loaded, or stopped working.',
    remedy: '`gururmm-agent plugin list` shows the reason.',
  },
  ELEVATION_UNSUPPORTED: {
    exitCode: -1,
    meaning: 'The command asked for elevation, which its type does not have.',
    remedy: 'Send it with `elevated: false`.',
  },
  ELEVATION_UNAVAILABLE: {
    exitCode: -1,
    meaning: 'The command asked for elevation, which the policy does not allow or the agent’s own account cannot give.',
    remedy: 'Allow it in the plugin’s config and run the agent as root or Administrator.',
  },
  // Running
  HANDLER_FAILED: {
    exitCode: 1,
    meaning: 'The plugin’s handler threw an error of its own.',
    remedy: 'A fault of the plugin: the agent’s log has the stack; tell its author.',
  },
  HANDLER_STUCK: {
    exitCode: -1,
    meaning:
      'The handler did not end after the command was stopped; its programs were ended, its code may still be running.',
    remedy: 'A fault of the plugin: it must watch `ctx.signal`.',
  },
  RESULT_INVALID: {
    exitCode: 1,
    meaning: 'The plugin’s handler returned something that is not an outcome, or data that its own schema refuses.',
    remedy: 'A fault of the plugin: tell its author.',
  },
  SPAWN_FAILED: {
    exitCode: -1,
    meaning: 'The program could not be started.',
    remedy:
      'Check that it exists, is executable by the run-as user, and that the machine has processes and descriptors left.',
  },
  INPUT_CLOSED: {
    exitCode: 1,
    meaning: 'A program ended, or its standard input was closed, before all that was meant for it was written.',
    remedy: 'Look at the program’s exit code and stderr for why it did not read on.',
  },
  PROGRAM_NOT_ALLOWED: {
    exitCode: -1,
    meaning: 'The plugin tried to start a program that it has no permission for.',
    remedy: 'Grant it in `plugins.NAME.permissions.programs` if the plugin should have it.',
  },
  DIRECTORY_MISSING: {
    exitCode: -1,
    meaning: 'The directory does not exist or is not a directory.',
    remedy: 'Create it, or name another.',
  },
  DIRECTORY_OUTSIDE: {
    exitCode: -1,
    meaning: 'The directory, its links resolved, lies outside every allowed base directory.',
    remedy: 'Name one inside, or let the operator add a base directory.',
  },
  PATH_INVALID: {
    exitCode: -1,
    meaning: 'The path holds something that no allowed path holds (a NUL, a device name, a network share, a stream).',
    remedy: 'Give a plain path.',
  },
  CONTAINMENT_UNAVAILABLE: {
    meaning: 'The kind of containment that was asked for does not work on this machine.',
    remedy: 'Leave it to the agent (`auto`), or give it what the message names.',
  },
  RUN_AS_UNAVAILABLE: {
    meaning: 'A run-as account is set, but the agent is not root, or there is no such account.',
    remedy: 'Run the agent as root, name an account of this machine, or set `runAs` to null.',
  },
  SECRET_UNAVAILABLE: {
    exitCode: -1,
    meaning: 'A secret’s file is not configured, cannot be read, or can be read by others.',
    remedy: 'Name the file in the config, and give it to the agent’s user alone (chmod 600).',
  },
  RESULT_LOST: {
    exitCode: -1,
    meaning: 'The command ran, but its result was lost when the agent’s journal was damaged.',
    remedy: 'Check what the command did; the journal folder keeps the damaged file.',
  },
  JOURNAL_UNAVAILABLE: {
    exitCode: -1,
    meaning: 'The agent cannot record commands, so it takes none.',
    remedy: 'Free or mend the disk that holds the data folder; the agent recovers by itself.',
  },
  // Claude tasks
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
  CLAUDE_SANDBOX_MISSING: {
    exitCode: 1,
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
  // Config
  CONFIG_UNREADABLE: {
    meaning: 'The config file is missing, cannot be read or is not JSON.',
    remedy: 'Name the right file with --config or GURURMM_CONFIG, or mend it at the place given.',
  },
  CONFIG_INVALID: {
    meaning: 'The config does not fit its schema.',
    remedy: 'Mend the key that the message names; `gururmm-agent config schema` shows them all.',
  },
  DATA_DIR_LOCKED: {
    meaning: 'Another agent uses the data folder; its journal takes one at a time.',
    remedy: 'Stop the other agent, or give this one a data folder of its own.',
  },
  DATA_DIR_UNUSABLE: {
    meaning: 'The data folder cannot be made, read or written, is open to everyone, or holds a broken agent-id.',
    remedy: 'Mend what the message names, or name another folder in `agent.dataDir`.',
  },
  LOG_UNWRITABLE: {
    meaning: 'The log file cannot be made or written.',
    remedy: 'Mend what the message names, or set another `log.file`.',
  },
  AGENT_LOCKED: {
    meaning: 'Another agent, or a local run, uses the data folder.',
    remedy: 'Stop that one, or give this agent a data folder of its own.',
  },
  AGENT_UNREACHABLE: {
    meaning: 'No agent runs with this data folder, or it does not answer on its local socket.',
    remedy: 'Start it with `gururmm-agent start`; where it runs, use the same config and user.',
  },
  // Loading plugins
  PLUGIN_NOT_FOUND: {
    meaning: 'No plugin is shipped under this name, or the folder or package in `use` does not exist.',
    remedy: 'Mend the name, or set `use` to the plugin’s folder.',
  },
  PLUGIN_MANIFEST_INVALID: {
    meaning: 'The plugin’s manifest is missing, not JSON, or not of the manifest’s shape.',
    remedy: 'Write it anew from the code with `gururmm-agent plugin manifest`.',
  },
  PLUGIN_API_VERSION: {
    meaning: 'The plugin was written for another version of the plugin contract.',
    remedy: 'Upgrade the side that the message names.',
  },
  PLUGIN_MANIFEST_STALE: {
    meaning: 'The manifest differs from what the plugin’s code declares.',
    remedy: 'Write it anew from the code with `gururmm-agent plugin manifest`.',
  },
  PLUGIN_PERMISSION_MISSING: {
    meaning: 'The plugin’s manifest asks for more than the operator granted.',
    remedy: 'Grant it in `plugins.NAME.permissions`, or leave the plugin off.',
  },
  PLUGIN_COMMAND_TAKEN: {
    meaning: 'Another plugin already brings a command type of this name.',
    remedy: 'Disable one of the two.',
  },
  PLUGIN_CONFIG_INVALID: {
    meaning: 'The plugin’s `config` does not fit the plugin’s own schema.',
    remedy: 'Mend the key that the message names; `gururmm-agent plugin info NAME` shows the schema.',
  },
  PLUGIN_LOAD_FAILED: {
    meaning: 'The plugin’s code threw when it was imported, or its default export is no plugin.',
    remedy: 'A fault of the plugin: the message has the cause; tell its author.',
  },
  PLUGIN_SETUP_FAILED: {
    meaning: 'The plugin’s setup threw, or did not end within 10 seconds.',
    remedy: 'The message has the cause. Setup must not wait for a network.',
  },
  ISOLATION_UNAVAILABLE: {
    meaning: 'The plugin must run isolated, and this agent or its runtime cannot enforce that.',
    remedy: 'See docs/security.md for what each runtime can enforce; the plugin stays off until then.',
  },
} as const satisfies Record<string, ErrorCodeEntry>

/** A code of the agent's own table. Third-party plugins add theirs. */
export type ErrorCode = keyof typeof ERROR_CODES
