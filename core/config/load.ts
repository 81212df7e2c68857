import { dirname, resolve } from 'node:path'
import { digestOf } from '../protocol/canonical-json.ts'
import { findProblems, validateConfig } from './check.ts'
import { parseJsonText, positionOfKey } from './json-text.ts'
import { SCALAR_KEYS } from './keys.ts'
import { deepFreeze, isObject, type JsonObject, merge, nest, valueAt } from './merge.ts'
import { type RuleOf, ruleNamer } from './origin.ts'
import { type Overrides, readEnvironment, readFlags } from './overrides.ts'
import { type ConfigProblem, configError } from './problems.ts'
import { findUnprotected } from './protected.ts'
import { checkRules } from './rules.ts'
import { type AgentConfig, configSchema } from './schema.ts'
import { readSmallFile } from './small-file.ts'

export interface LoadOptions {
  /** The config file. */
  readonly file: string
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Values by dotted key, e.g. `{ 'log.level': 'debug' }`; they go before everything else. Default: none. */
  readonly flags?: Readonly<Record<string, string>>
}

/** A config that is in force. Frozen with all within it. */
export interface LoadedConfig {
  readonly config: AgentConfig
  /** Absolute path of the config file. */
  readonly file: string
  /** Absolute path of its folder, where relative paths start. */
  readonly directory: string
  /** `sha256-…` of the config as canonical JSON, paths as they were written: equal policies have equal digests on every machine. */
  readonly digest: string
  /** The site in force; its section of the file is in `config` already. */
  readonly site: string
  readonly ruleOf: RuleOf
}

/** A config is a few kilobytes; a larger file is another file. */
const MAX_FILE_BYTES = 1_048_576

/**
 * Reads the config: defaults, then the file, its section for this site, the environment and flags, each laid over the one before.
 *
 * @throws ConfigError `CONFIG_UNREADABLE` where the file cannot be read or is not JSON, `CONFIG_INVALID` with every problem of the file,
 *   the variables and the flags, `CONFIG_UNPROTECTED` where it demands to be protected and is not.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const file = resolve(options.file)
  const loaded = buildConfig(file, await readConfigText(file), options)
  await requireProtected(loaded)
  return loaded
}

/**
 * Where the config demands it, checks that only root can change its file.
 *
 * @throws ConfigError `CONFIG_UNPROTECTED`.
 */
export async function requireProtected({ config, file }: Pick<LoadedConfig, 'config' | 'file'>): Promise<void> {
  if (!config.security.requireProtectedConfig) return
  const problem = await findUnprotected(file).catch((error: Error) => `it could not be checked (${error.message})`)
  if (problem === undefined) return
  const path = 'security.requireProtectedConfig'
  const message = `${path} demands a config that only root can change: ${problem}`
  const expected = 'a file that only root can change'
  throw configError('CONFIG_UNPROTECTED', [{ source: file, path, expected, found: problem, message }])
}

/**
 * {@link loadConfig} for a text that is (or may become) the content of `file`.
 *
 * @throws ConfigError as loadConfig.
 */
export function buildConfig(file: string, text: string, options: Omit<LoadOptions, 'file'> = {}): LoadedConfig {
  const fromFile = parse(file, text)
  const overrides = [readEnvironment(options.env ?? process.env), readFlags(options.flags ?? {})]
  const problems = [...fileProblems(file, text, fromFile), ...overrides.flatMap((each) => each.problems)]
  if (problems.length > 0 || !isObject(fromFile)) throw configError('CONFIG_INVALID', problems)

  const written = effective(file, fromFile, overrides)
  const ruled = checkRules(written).map((finding) => placed(file, text, overrides, finding))
  if (ruled.length > 0) throw configError('CONFIG_INVALID', ruled)

  const directory = dirname(file)
  const config = deepFreeze(withAbsolutePaths(written, directory))
  const { site } = config.agent
  const ruleOf = ruleNamer({ file, fromFile, site, overrides })
  return Object.freeze({ config, file, directory, digest: digestOf(written), site, ruleOf })
}

/**
 * The file's text, checked to be UTF-8.
 *
 * @throws ConfigError `CONFIG_UNREADABLE`.
 */
export async function readConfigText(file: string): Promise<string> {
  const bytes = readBytes(file)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    const found = bytes[0] === 0xff || bytes[0] === 0xfe ? 'UTF-16; save the file as UTF-8' : 'bytes that are none'
    throw unreadable(file, 'UTF-8 text', found, cause)
  }
}

function readBytes(file: string): Buffer {
  try {
    return readSmallFile(file, (stat) => {
      if (!stat.isFile()) throw unreadable(file, 'a file', 'something else')
      if (stat.size > MAX_FILE_BYTES) throw unreadable(file, `at most ${MAX_FILE_BYTES} bytes`, `${stat.size}`)
    })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'CONFIG_UNREADABLE') throw error
    const found = code === 'ENOENT' ? 'no such file' : `none (${(error as Error).message})`
    throw unreadable(file, 'a config file that can be read', found, error)
  }
}

function unreadable(source: string, expected: string, found: string, cause?: unknown) {
  const message = `expected ${expected}, found ${found}`
  return configError('CONFIG_UNREADABLE', [{ source, path: '', expected, found, message }], cause)
}

function parse(file: string, text: string): unknown {
  const parsed = parseJsonText(text)
  if (!('problem' in parsed)) return parsed.value
  const { at, expected, found } = parsed.problem
  const message = `expected ${expected}, found ${found}`
  throw configError('CONFIG_UNREADABLE', [{ source: file, ...at, path: '', expected, found, message }])
}

function fileProblems(file: string, text: string, value: unknown): readonly ConfigProblem[] {
  return 'problem' in validateConfig(value) ? findProblems(file, text, value) : []
}

function effective(file: string, fromFile: JsonObject, overrides: readonly Overrides[]): AgentConfig {
  const layers = overrides.map((each) => each.layer)
  const site = siteOf([...layers].reverse(), fromFile)
  const section = valueAt(fromFile, ['sites', site])
  const merged = [isObject(section) ? section : {}, ...layers].reduce(merge, fromFile)
  const { $schema: _, ...policy } = merged
  const checked = validateConfig(policy)
  if ('value' in checked) return checked.value as AgentConfig
  const { path, expected, found, message } = checked.problem
  const key = path.slice(1)
  const hint = key.startsWith('server') ? '; set it in the file, by GURURMM_SERVER__URL or by --set server.url=…' : ''
  throw configError('CONFIG_INVALID', [
    { source: file, path: key, expected, found, message: `${key} ${message}${hint}` },
  ])
}

/** The site decides which section is laid over, so it is known before the rest. */
function siteOf(layers: readonly JsonObject[], fromFile: JsonObject): string {
  const given = [...layers, fromFile].map((layer) => valueAt(layer, ['agent', 'site']))
  return (
    (given.find((site) => site !== undefined) as string | undefined) ??
    configSchema.properties.agent.properties.site.default
  )
}

function placed(
  file: string,
  text: string,
  overrides: readonly Overrides[],
  finding: Omit<ConfigProblem, 'source'>,
): ConfigProblem {
  const source = overrides.findLast(({ sources }) => sources.has(finding.path))?.sources.get(finding.path)
  if (source !== undefined) return { source, ...finding }
  return { source: file, ...positionOfKey(text, finding.path.split('.')), ...finding }
}

function withAbsolutePaths(config: AgentConfig, directory: string): AgentConfig {
  const paths = SCALAR_KEYS.filter(({ schema }) => schema.format === 'path')
  return paths.reduce<JsonObject>((result, { keys }) => {
    const path = valueAt(result, keys)
    return typeof path === 'string' ? merge(result, nest(keys, resolve(directory, path))) : result
  }, config) as AgentConfig
}
