import { Command, Option } from 'commander'
import { findInstallation } from '../agent/installation.ts'
import { count, json, seconds, verb, withGlobals, withJson } from './define-verb.ts'
import { addPlugin } from './plugin-verbs.ts'
import { USAGE_OUTPUT } from './usage-output.ts'
import { GRACE_SECONDS } from './verb.ts'

/** The command line: what there is and how it reads. Each verb's code is loaded when it is called, to keep the start light. */
export function createProgram(): Command {
  const program = new Command('gururmm-agent')
    .description('The GuruRMM agent: runs what its server asks for, under the policy of its config.')
    .version(findInstallation().version, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(USAGE_OUTPUT)
    .showHelpAfterError('(--help shows what there is)')
  withGlobals(program)
  addStart(program)
  addRun(program)
  addPlugin(program)
  addConfig(program)
  addPolicy(program)
  addStatus(program)
  addHistory(program)
  addService(program)
  return program
}

function addStart(program: Command): void {
  verb(
    program,
    'start',
    'connect to the server and serve it, until told to stop',
    () => import('./verbs/start.ts'),
  ).option(
    '--grace <seconds>',
    'how long running commands may take to end when the agent is told to stop',
    seconds,
    GRACE_SECONDS,
  )
}

function addRun(program: Command): void {
  verb(program, 'run', 'run a command here, the way the server’s commands run', () => import('./verbs/run.ts'))
    .usage('[options] <type> [text] [flags of the type]')
    .argument('<type>', 'the command type, e.g. shell')
    .argument('[arguments...]', 'the command’s text and its type’s flags; `run <type> --help` shows them')
    .option('--timeout <seconds>', 'the deadline (default: the type’s)', seconds)
    .option('--input <file>', 'a JSON file (- for standard input) with the input; flags go before it')
    .option('--elevated', 'keep the agent’s own rights, where the type and the policy allow it')
    .option('--json', 'print the result as JSON, and nothing else')
    .passThroughOptions()
}

function addConfig(program: Command): void {
  const config = program.command('config').description('look at the config')
  withJson(verb(config, 'check', 'check the config and its plugins’ settings', () => import('./verbs/config-check.ts')))
  verb(config, 'print', 'print the config in force, as JSON', () => import('./verbs/config-print.ts')).addOption(json())
  verb(config, 'schema', 'print the JSON Schema of the config', () => import('./verbs/config-schema.ts')).addOption(
    json(),
  )
}

function addPolicy(program: Command): void {
  const policy = program.command('policy').description('ask what the policy allows')
  const summary = 'say which rule of which place allows or refuses a command; nothing is run'
  withJson(verb(policy, 'explain', summary, () => import('./verbs/policy-explain.ts')))
    .usage('[options] <type> [text] [flags of the type]')
    .argument('<type>', 'the command type, e.g. shell')
    .argument('[arguments...]', 'the command’s text and its type’s flags; `run <type> --help` shows them')
    .option('--input <file>', 'a JSON file (- for standard input) with the input; flags go before it')
    .option('--elevated', 'as if the command asked to keep the agent’s own rights')
    .option('--user <user>', 'as if this user asked')
    .option('--role <role>', 'as if somebody of this role asked')
    .option('--site <site>', 'as if the agent were at this site')
    .passThroughOptions()
}

function addStatus(program: Command): void {
  withJson(verb(program, 'status', 'show how the running agent stands', () => import('./verbs/status.ts')))
  withJson(
    verb(
      program,
      'doctor',
      'check everything the agent needs, and say what to mend',
      () => import('./verbs/doctor.ts'),
    ),
  )
}

function addHistory(program: Command): void {
  const history = verb(
    program,
    'history',
    'list what the agent was asked to do, newest first',
    () => import('./verbs/history.ts'),
  )
  withFilters(withTimes(withJson(history)))
    .option('--limit <count>', 'at most so many', count, 50)
    .option('--before <number>', 'the next page, as the one before names it', count)
  const summary = 'show one command in full, with its output as far as it is kept'
  withTimes(withJson(verb(history, 'show', summary, () => import('./verbs/history-show.ts')))).argument('<id>')
  const exported = 'print commands in full as JSON, one a line, newest first'
  withFilters(verb(history, 'export', exported, () => import('./verbs/history-export.ts')))
}

function withFilters(command: Command): Command {
  return command
    .option('--type <type>', 'only commands of this type')
    .option('--plugin <name>', 'only those of this plugin')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--user <user>', 'only those of this user')
    .option('--since <time>', 'received then or later: 90m, 7d (ago), 2026-01-21, 2026-01-21T17:00')
    .option('--until <time>', 'received before')
    .option('--text <text>', 'only those with this in id, type, user, input or result')
}

function addService(program: Command): void {
  const service = program.command('service').description('keep the agent running as a service of this machine')
  const plans = (command: Command) =>
    withJson(command).option('--dry-run', 'change nothing; show what would be written and called')
  const folder = (path: string, before: readonly string[] = []) => [...before, path]
  plans(
    verb(service, 'install', 'install the service, or bring it up to date', () => import('./verbs/service-install.ts')),
  )
    .option('--user <name>', 'the account the agent runs as (default: gururmm on Linux, root on macOS)')
    .option('--writable <folder>', 'a folder that commands may write in on Linux; may be repeated', folder)
    .option('--no-start', 'start it with the machine, but not now')
  plans(verb(service, 'uninstall', 'stop and remove the service', () => import('./verbs/service-uninstall.ts'))).option(
    '--purge',
    'remove the data folder too, with journal, outputs and the agent’s id',
  )
  withJson(verb(service, 'status', 'show how the service stands', () => import('./verbs/service-status.ts')))
}

const STATES = ['accepted', 'running', 'finished', 'acknowledged', 'tombstone']

function withTimes(command: Command): Command {
  return command.option('--utc', 'show times of Greenwich, not of this machine’s zone')
}
