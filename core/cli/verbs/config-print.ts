import { configSchema } from '../../config/index.ts'
import type { KeySchema } from '../../config/keys.ts'
import { EXIT } from '../exit-codes.ts'
import { load } from '../load.ts'
import { printJson } from '../output.ts'
import type { Call } from '../verb.ts'

/** `config print`: what is in force, all layers merged, in the order of the schema. */
export async function act(call: Call): Promise<number> {
  const { config } = (await load(call)).loaded
  printJson(inOrder(configSchema, config))
  return EXIT.ok
}

function inOrder(schema: KeySchema, value: unknown): unknown {
  if (schema.properties === undefined || typeof value !== 'object' || value === null) return value
  const given = value as Readonly<Record<string, unknown>>
  const known = Object.entries(schema.properties).filter(([key]) => Object.hasOwn(given, key))
  return Object.fromEntries(known.map(([key, inner]) => [key, inOrder(inner, given[key])]))
}
