import type { ErrorCodeEntry } from './entry.ts'

/** How commands end or are refused, whatever their plugin. */
export const COMMAND_CODES = {
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
    remedy:
      'Look at `gururmm-agent plugin list`; add the plugin, or mend the type’s name. A plugin whose manifest cannot be read is known by its own name and the types under its `limits` alone.',
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
    meaning:
      'As many commands of this type, user, role, plugin or agent are running as are allowed, and none may wait.',
    remedy: 'Send it again after the time given, or raise the limit that `error.rule` names.',
  },
  LIMIT_QUEUE: {
    exitCode: -1,
    meaning: 'The queue of waiting commands is full.',
    remedy: 'Send it again after the time given, or raise the limit that the message names.',
  },
  LIMIT_RATE: {
    exitCode: -1,
    meaning: 'As many commands of this type, user or role have started in the window as are allowed.',
    remedy: 'Send it again after the time given, or raise the limit that `error.rule` names.',
  },
  LIMIT_USAGE: {
    exitCode: -1,
    meaning: 'Commands of this type, user or role have used in the window what they may, e.g. the day’s budget.',
    remedy: 'Send it again after the time given, or raise the limit that `error.rule` names.',
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
  PLUGIN_CRASHED: {
    exitCode: -1,
    meaning: 'The plugin’s process ended, or had to be ended, while the command ran; the message has the cause.',
    remedy:
      'A fault of the plugin: the agent’s log has what it wrote last; tell its author. The next command starts it again.',
  },
  ENVIRONMENT_NOT_ALLOWED: {
    exitCode: -1,
    meaning: 'An isolated plugin tried to set an environment variable for a program that it has no grant for.',
    remedy: 'Grant the name in `plugins.NAME.permissions.environment` if the plugin should have it.',
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
      'The handler did not end after the command was stopped; its programs were ended, its code may still be running. Stands in `error.cause`, beside the code of the stop, which decides the exit code.',
    remedy: 'A fault of the plugin: it must watch `ctx.signal`.',
  },
  RESULT_INVALID: {
    exitCode: 1,
    meaning: 'The plugin’s handler returned something that is not an outcome, or data that its own schema refuses.',
    remedy: 'A fault of the plugin: tell its author.',
  },
  EXPLAIN_ONLY: {
    exitCode: 1,
    meaning: 'A plugin tried to start a program while it was only to explain what its policy says of a command.',
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
  // Queries
  QUERY_INVALID: {
    meaning: 'A query asked for something unknown, or a field of it has the wrong shape.',
    remedy: 'Compare it with docs/protocol.md; the message names the field.',
  },
  QUERY_BUSY: {
    meaning: 'Many queries wait for their answers already.',
    remedy: 'Ask again when some of them are answered.',
  },
  QUERY_FAILED: {
    meaning: 'The agent itself failed while it answered a query.',
    remedy: 'Its log has the cause.',
  },
  COMMAND_NOT_FOUND: {
    meaning: 'The agent knows no command with this id: it never came, or was forgotten after `journal.tombstoneDays`.',
    remedy: 'Mend the id; `gururmm-agent history` lists those that are known.',
  },
  OUTPUT_GONE: {
    meaning: 'This part of a command’s output is not kept, or not any more.',
    remedy:
      'See the result for its beginning and end; raise `journal.spoolCommandBytes` or `journal.spoolBytes` to keep more.',
  },
} as const satisfies Record<string, ErrorCodeEntry>
