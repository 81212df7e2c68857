import { dirname, resolve } from 'node:path'
import { parse } from 'jsonc-parser'
import { type LoadOptions, readConfigText } from './load.ts'
import { valueAt } from './merge.ts'
import { readEnvironment, readFlags } from './overrides.ts'
import { configSchema } from './schema.ts'

const KEY = ['agent', 'dataDir']
const { dataDir } = configSchema.properties.agent.properties

/**
 * The data folder that a config names, as far as that can be read of a broken one; only good for asking the agent that may run there.
 *
 * @returns the absolute path, that of the default where the config names none.
 * @throws ConfigError `CONFIG_UNREADABLE` where there is no text to read.
 */
export async function guessDataDir({ file, env = process.env, flags = {} }: LoadOptions): Promise<string> {
  const text = await readConfigText(file)
  // Takes what is sound in a text up to its mistakes
  const fromFile: unknown = parse(text)
  const layers = [readFlags(flags).layer, readEnvironment(env).layer, fromFile]
  const given = layers.map((layer) => valueAt(layer, KEY)).find((path) => typeof path === 'string')
  return resolve(dirname(resolve(file)), (given as string | undefined) ?? dataDir.default)
}
