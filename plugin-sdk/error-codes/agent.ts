import type { ErrorCodeEntry } from './entry.ts'

/** What keeps the agent or a plugin from starting. */
export const AGENT_CODES = {
  // Config
  CONFIG_UNREADABLE: {
    meaning: 'The config file is missing, cannot be read or is not JSON.',
    remedy: 'Name the right file with --config or GURURMM_CONFIG, or mend it at the place given.',
  },
  CONFIG_INVALID: {
    meaning: 'The config does not fit its schema.',
    remedy: 'Mend the key that the message names; `gururmm-agent config schema` shows them all.',
  },
  CONFIG_UNPROTECTED: {
    meaning: 'The config demands that only root may change it, and somebody else could.',
    remedy: 'Take the right to write from the file or folder that the message names, or give it to root.',
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
  // The service
  SERVICE_UNSUPPORTED: {
    meaning: 'No service manager that the agent knows runs here, or it has not what was asked for.',
    remedy: 'Do what the message says; `gururmm-agent start` runs the agent under anything else.',
  },
  SERVICE_RIGHTS_MISSING: {
    meaning: 'Services are changed by root or an Administrator only.',
    remedy: 'Do the same with `sudo`, or in a terminal that was opened “as administrator”.',
  },
  SERVICE_ACCOUNT_UNUSABLE: {
    meaning: 'The account that the service is to run as does not exist, or cannot read the agent or its config.',
    remedy: 'Mend what the message names, or name another account with `--user`.',
  },
  SERVICE_STEP_FAILED: {
    meaning: 'A step of installing or removing the service failed; the steps before it were done.',
    remedy: 'Mend what the message names, then do the same again: steps that were done do no harm.',
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
  PLUGIN_INTEGRITY_MISMATCH: {
    meaning: 'The plugin’s files are not those whose digest the config pins in `integrity`; nothing of it is loaded.',
    remedy:
      'Find out who changed them. If the change is meant: `gururmm-agent plugin pin NAME`; else install the plugin anew.',
  },
  PLUGIN_PERMISSION_MISSING: {
    meaning: 'The plugin’s manifest asks for more than the operator granted.',
    remedy: 'Grant it in `plugins.NAME.permissions`, or leave the plugin off.',
  },
  PLUGIN_PACKAGE_INVALID: {
    meaning:
      'A folder or package can’t be packed or installed as a plugin: something is missing, too large, or not safe to unpack.',
    remedy: 'Mend what the message names. A package that somebody else made goes back to its author.',
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
  PLUGIN_RELOAD_UNAVAILABLE: {
    meaning: 'The code of a plugin that is shipped with the agent can’t be replaced while the agent runs.',
    remedy: 'Start the agent anew.',
  },
  PLUGIN_SETUP_FAILED: {
    meaning: 'The plugin’s setup threw, or did not end within 10 seconds.',
    remedy: 'The message has the cause. Setup must not wait for a network.',
  },
  PLUGIN_QUARANTINED: {
    meaning:
      'The process of an isolated plugin was lost too often. It is left alone for a while, then tried with one command.',
    remedy:
      'The reason has the last cause; tell the plugin’s author. `gururmm-agent plugin enable NAME` does not wait.',
  },
  ISOLATION_UNAVAILABLE: {
    meaning: 'The plugin must run isolated, and this agent or its runtime cannot enforce that.',
    remedy: 'See docs/security.md for what each runtime can enforce; the plugin stays off until then.',
  },
} as const satisfies Record<string, ErrorCodeEntry>
