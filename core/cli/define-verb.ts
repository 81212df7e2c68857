import { type Command, InvalidArgumentError, Option } from 'commander'
import { setExitCode } from './outcome.ts'
import type { Verb } from './verb.ts'

/** Adds a verb whose code is loaded when it is called. */
export function verb(parent: Command, name: string, summary: string, load: () => Promise<Verb>): Command {
  const command = parent.command(name).description(summary)
  withGlobals(command)
  // commander answers excess arguments with an error of its own only where this is said
  command.allowExcessArguments(false)
  return command.action(async () => setExitCode(await (await load()).act(command)))
}

/** Also after the verb, where people look for them. */
export function withGlobals(command: Command): void {
  command
    .option('--config <file>', 'the config file (default: GURURMM_CONFIG, ./agent.config.json, the machine’s own)')
    .option(
      '--set <key=value>',
      'set a key of the config for this call, e.g. log.level=debug; may be repeated',
      keyValue,
    )
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, for machines')
}

/** For verbs that print JSON in any case. */
export function json(): Option {
  return new Option('--json').hideHelp()
}

function keyValue(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected KEY=VALUE.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

export function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a number from 1 on.')
  return value
}

export function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Expected seconds.')
  return value
}
