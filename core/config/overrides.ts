import { closestMatch } from 'leven'
import { checkValue } from './check.ts'
import { isNullable, type KeySchema, SCALAR_KEYS, type ScalarKey } from './keys.ts'
import { type JsonObject, merge, nest } from './merge.ts'
import type { ConfigProblem } from './problems.ts'

/** The values that a source other than the file sets, as a layer over it, and what is wrong with them. */
export interface Overrides {
  readonly layer: JsonObject
  /** Which variable or flag set a key. */
  readonly sources: ReadonlyMap<string, string>
  readonly problems: readonly ConfigProblem[]
}

/**
 * Read elsewhere, not keys of the config. The marker of running programs is there where one of them calls the agent's own command line,
 * and the reference server's connection where both are used from one shell.
 */
const OTHER_VARIABLES = ['GURURMM_CONFIG', 'GURURMM_TOKEN', 'GURURMM_RUN', 'GURURMM_CONNECTION', 'GURURMM_FAILPOINT']

/** The variable that sets a key: `server.tokenFile` is GURURMM_SERVER__TOKEN_FILE. */
export function variableOf({ keys }: Pick<ScalarKey, 'keys'>): string {
  const snake = keys.map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
  return `GURURMM_${snake.join('__')}`
}

/** Reads the GURURMM_… variables. An unknown one is a problem: a misspelt policy must not pass for one in force. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Overrides {
  const known = new Map(SCALAR_KEYS.map((key) => [variableOf(key), key]))
  const given = Object.entries(env).filter(([name]) => name.startsWith('GURURMM_') && !OTHER_VARIABLES.includes(name))
  return collect(given, known, [...known.keys(), ...OTHER_VARIABLES], (name) => `environment variable ${name}`)
}

/** Reads the values of flags, by dotted key. */
export function readFlags(flags: Readonly<Record<string, string>>): Overrides {
  const known = new Map(SCALAR_KEYS.map((key) => [key.name, key]))
  return collect(Object.entries(flags), known, [...known.keys()], (name) => `flag --set ${name}`)
}

function collect(
  given: readonly (readonly [string, string | undefined])[],
  known: ReadonlyMap<string, ScalarKey>,
  names: readonly string[],
  sourceOf: (name: string) => string,
): Overrides {
  const result = { layer: {} as JsonObject, sources: new Map<string, string>(), problems: [] as ConfigProblem[] }
  for (const [name, text] of given) {
    const key = known.get(name)
    const source = sourceOf(name)
    if (text === undefined) continue
    if (key === undefined) {
      result.problems.push({ source, path: '', ...unknownName(name, names) })
      continue
    }
    const value = readText(key.schema, text)
    const problem = checkValue(key.schema, value)
    if (problem !== undefined)
      result.problems.push({ source, ...problem, path: key.name, message: `${key.name} ${problem.message}` })
    result.layer = merge(result.layer, nest(key.keys, value))
    result.sources.set(key.name, source)
  }
  return result
}

/** The value that the text stands for; text that stands for none is left to the check. Empty: null, where the key can be. */
function readText(schema: KeySchema, text: string): unknown {
  if (text === '' && isNullable(schema)) return null
  const types = [schema.type].flat()
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  const isNumber = types.includes('number') || types.includes('integer')
  return isNumber && /^-?\d+(\.\d+)?(e\d+)?$/i.test(text) ? Number(text) : text
}

function unknownName(name: string, names: readonly string[]): Pick<ConfigProblem, 'expected' | 'found' | 'message'> {
  const nearest = closestMatch(name, names, { maxDistance: Math.max(3, Math.ceil(name.length / 3)) })
  const hint = nearest === undefined ? 'docs/configuration.md lists those that can be set' : `did you mean ${nearest}?`
  return { expected: nearest ?? 'a known name', found: name, message: `${name} sets no key of the config; ${hint}` }
}
