import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Command } from 'commander'
import { isObject, type JsonObject } from '../config/merge.ts'
import { type AgentControl, localError } from '../local/contract.ts'
import type { CommandSummary } from '../plugins/contract.ts'
import type { CommandPayload } from '../protocol/messages.ts'
import { safe } from './output.ts'
import { flagsOf, TEXT_PROPERTY, textOf } from './schema-flags.ts'
import { USAGE_OUTPUT } from './usage-output.ts'

/** What stands after the type on the command line. */
export interface TypeArguments {
  readonly text: string | undefined
  readonly input: JsonObject
}

/**
 * Reads the text and flags of a command type as its schema has them; `--help` prints them.
 *
 * @param verb what stands before the type. Default: `run`.
 * @throws CommanderError for usage errors and after help, as commander does.
 */
function readTypeArguments(summary: CommandSummary, args: readonly string[], verb = 'run'): TypeArguments {
  const schema = summary.schemas.input
  const flags = flagsOf(schema)
  const command = new Command(`gururmm-agent ${verb} ${summary.type}`).description(safe(summary.description))
  command
    .configureOutput(USAGE_OUTPUT)
    .exitOverride()
    .showHelpAfterError(`(gururmm-agent ${verb} ${summary.type} --help shows what there is)`)
  command.allowExcessArguments(false)
  for (const option of flags.flatMap(({ options }) => options)) command.addOption(option)
  const text = textOf(schema)
  if (text !== undefined) command.argument('[text]', text.description)
  command.parse([...args], { from: 'user' })
  const values = command.opts<Record<string, unknown>>()
  const given = flags.filter(({ key }) => values[key] !== undefined)
  const input = Object.fromEntries(given.map(({ property, key }) => [property, values[key]]))
  const [words] = command.args
  if (text === undefined || words === undefined || text.property === TEXT_PROPERTY) return { text: words, input }
  if (Object.hasOwn(input, text.property))
    command.error(`error: ${text.property} is given twice, by the text and by its flag`)
  return { text: undefined, input: { [text.property]: words, ...input } }
}

/** The arguments of a type that is not known here: its text at most. The agent says what it thinks of the type. */
function readUnknownArguments(args: readonly string[]): TypeArguments {
  return { text: args.find((arg) => !arg.startsWith('-')), input: {} }
}

/**
 * The object in a JSON file, or on standard input for `-`.
 *
 * @throws LocalError `USAGE`.
 */
export async function readInputFile(file: string): Promise<JsonObject> {
  const name = file === '-' ? 'standard input' : file
  try {
    const value: unknown = JSON.parse(file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8'))
    if (isObject(value)) return value
  } catch (error) {
    throw localError(
      'USAGE',
      `--input must name a JSON file that can be read, not ${name} (${(error as Error).message}).`,
      error,
    )
  }
  throw localError('USAGE', `--input must name a JSON file with an object, not another value, in ${name}.`)
}

/**
 * What stands on the command line for a command, as the wire has it.
 *
 * @param args the type, and what follows it.
 * @param fromFile what `--input` brought.
 * @param verb what stands before the type. Default: `run`.
 * @throws as {@link readTypeArguments}.
 */
export async function readCommand(
  agent: Pick<AgentControl, 'plugins'>,
  [type = '', ...args]: readonly string[],
  fromFile: JsonObject,
  verb?: string,
): Promise<Pick<CommandPayload, 'command_type' | 'command'>> {
  const known = (await agent.plugins()).flatMap((plugin) => plugin.commands).find((each) => each.type === type)
  const given = known === undefined ? readUnknownArguments(args) : readTypeArguments(known, args, verb)
  return { command_type: commandTypeWith(type, given, fromFile) as Record<string, unknown>, command: given.text ?? '' }
}

/** The wire's form of a command type with its input. */
function commandTypeWith(type: string, { text, input }: TypeArguments, fromFile: JsonObject): object {
  const whole = { ...fromFile, ...input }
  // The text goes before a file's, as flags do
  return {
    [type]:
      text === undefined ? whole : Object.fromEntries(Object.entries(whole).filter(([key]) => key !== TEXT_PROPERTY)),
  }
}
