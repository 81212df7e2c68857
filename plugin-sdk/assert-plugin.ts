import type { Manifest } from './manifest.ts'
import type { Plugin } from './plugin.ts'

/** A name of the wire: of a plugin or a command type. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/
/** The plugin's own module: nothing outside its folder. */
const ENTRY = /^\.\/(?!(?:.*[/\\])?\.\.(?:[/\\]|$))/

const NAME_RULE = 'snake_case, at most 64 characters, beginning with a letter'

const YEAR_SECONDS = 31_536_000
const MAX_COMMANDS = 64

const DECLARED_KEYS = ['description', 'schemas', 'timeoutSeconds', 'limits', 'elevation', 'afterCrash']
const LIST_PERMISSIONS = ['read', 'write', 'programs']

type Fields = Readonly<Record<string, unknown>>

/**
 * Throws where `value` is no plugin, for authors without a type checker and for the agent, which gets whatever a module exports.
 * Written by hand: plugins bundle the SDK, and agents check manifests before they are connected; a validator would outweigh both.
 *
 * @throws TypeError naming the key, what it must be and what it is.
 */
export function assertPlugin(value: unknown): asserts value is Plugin {
  const plugin = fieldsOf(value, 'A plugin', 'an object as definePlugin() takes it')
  onlyKeys(plugin, ['name', 'configSchema', 'permissions', 'commands', 'setup', 'check', 'teardown'], '')
  const { name, configSchema, permissions } = plugin
  expect(isName(name), 'name', NAME_RULE, name)
  if (configSchema !== undefined) assertObjectSchema(configSchema, 'configSchema')
  if (permissions !== undefined) assertPermissions(permissions)
  for (const hook of ['setup', 'check', 'teardown'] as const) {
    expect(plugin[hook] === undefined || typeof plugin[hook] === 'function', hook, 'a function', plugin[hook])
  }
  assertCommands(plugin.commands, (at, command) => {
    onlyKeys(command, [...DECLARED_KEYS, 'handler', 'explain'], `${at}.`)
    const { handler, explain } = command
    expect(typeof handler === 'function', `${at}.handler`, 'a function', handler)
    expect(explain === undefined || typeof explain === 'function', `${at}.explain`, 'a function', explain)
  })
}

/**
 * Throws where `value` does not have a manifest's shape; {@link manifestSchema} says the same for editors. Its `apiVersion` may be any:
 * who reads manifests compares it first, for a manifest of another version may have another shape.
 *
 * @throws TypeError as {@link assertPlugin}.
 */
export function assertManifest(value: unknown): asserts value is Manifest {
  const manifest = fieldsOf(value, 'A manifest', 'an object')
  onlyKeys(manifest, ['apiVersion', 'name', 'version', 'entry', 'permissions', 'configSchema', 'commands'], '')
  const { apiVersion, name, version, entry } = manifest
  expect(isWithin(apiVersion, 1), 'apiVersion', 'an integer of at least 1', apiVersion)
  expect(isName(name), 'name', NAME_RULE, name)
  expect(isText(version, 64), 'version', 'text of 1 to 64 characters', version)
  expect(isText(entry, 1024) && ENTRY.test(entry), 'entry', 'a path that begins with `./` and stays below', entry)
  assertPermissions(manifest.permissions)
  assertObjectSchema(manifest.configSchema, 'configSchema')
  assertCommands(manifest.commands, (at, command) => onlyKeys(command, DECLARED_KEYS, `${at}.`))
}

function assertCommands(value: unknown, assertMore: (at: string, command: Fields) => void): void {
  const commands = fieldsOf(value, '`commands`', 'an object with a key for each command type')
  const count = Object.keys(commands).length
  expect(
    isWithin(count, 1, MAX_COMMANDS),
    'commands',
    `an object of 1 to ${MAX_COMMANDS} command types`,
    `${count} keys`,
  )
  for (const [type, declared] of Object.entries(commands)) {
    const at = `commands.${type}`
    expect(isName(type), at, `named in ${NAME_RULE}`, type)
    const command = fieldsOf(declared, `\`${at}\``, 'an object')
    assertMore(at, command)
    assertDeclared(command, at)
  }
}

function assertDeclared(command: Fields, at: string): void {
  const { description, schemas, timeoutSeconds, limits, elevation, afterCrash } = command
  expect(isText(description, 1024), `${at}.description`, 'text of 1 to 1024 characters', description)
  const { input, result, ...others } = fieldsOf(schemas, `\`${at}.schemas\``, 'an object with `input`')
  onlyKeys(others, ['input', 'result'], `${at}.schemas.`)
  assertObjectSchema(input, `${at}.schemas.input`)
  if (result !== undefined) assertObjectSchema(result, `${at}.schemas.result`)
  const seconds = timeoutSeconds === undefined || isDuration(timeoutSeconds)
  expect(seconds, `${at}.timeoutSeconds`, 'seconds above 0, at most a year', timeoutSeconds)
  if (limits !== undefined) assertLimits(limits, `${at}.limits`)
  expect(isOptional(elevation, 'boolean'), `${at}.elevation`, 'true or false', elevation)
  const choices: unknown[] = [undefined, 'interrupt', 'rerun']
  expect(choices.includes(afterCrash), `${at}.afterCrash`, "'interrupt' or 'rerun'", afterCrash)
}

function assertLimits(value: unknown, at: string): void {
  const limits = fieldsOf(value, `\`${at}\``, 'an object')
  onlyKeys(limits, ['concurrent', 'queued', 'rate'], `${at}.`)
  const { concurrent, queued, rate } = limits
  expect(concurrent === undefined || isWithin(concurrent, 1, 1024), `${at}.concurrent`, '1 to 1024', concurrent)
  expect(queued === undefined || isWithin(queued, 0, 100_000), `${at}.queued`, '0 to 100000', queued)
  if (rate === undefined) return
  const fields = fieldsOf(rate, `\`${at}.rate\``, 'an object with `count` and `windowSeconds`')
  onlyKeys(fields, ['count', 'windowSeconds'], `${at}.rate.`)
  const { count, windowSeconds } = fields
  expect(isWithin(count, 0, 1_000_000), `${at}.rate.count`, '0 to 1000000', count)
  expect(isDuration(windowSeconds), `${at}.rate.windowSeconds`, 'seconds above 0, at most a year', windowSeconds)
}

function assertPermissions(value: unknown): void {
  const permissions = fieldsOf(value, '`permissions`', 'an object')
  onlyKeys(permissions, [...LIST_PERMISSIONS, 'network', 'environment'], 'permissions.')
  for (const kind of LIST_PERMISSIONS) {
    const asked = permissions[kind]
    const fits = asked === undefined || asked === 'operator' || isTexts(asked)
    expect(fits, `permissions.${kind}`, "a list of texts or 'operator'", asked)
  }
  const { network, environment } = permissions
  expect(isOptional(network, 'boolean'), 'permissions.network', 'true or false', network)
  expect(environment === undefined || isTexts(environment), 'permissions.environment', 'a list of texts', environment)
}

function assertObjectSchema(value: unknown, at: string): void {
  const schema = fieldsOf(value, `\`${at}\``, "a JSON Schema with `type: 'object'`")
  expect(schema.type === 'object', `${at}.type`, "'object'", schema.type)
}

function onlyKeys(fields: Fields, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(fields)) expect(known.includes(key), prefix + key, `one of ${known.join(', ')}`, key)
}

function fieldsOf(value: unknown, what: string, must: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TypeError(`${what} must be ${must}, not ${show(value)}.`)
}

function expect(fits: boolean, key: string, must: string, found: unknown): void {
  if (!fits) throw new TypeError(`\`${key}\` must be ${must}, not ${show(found)}.`)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : `${String(value).slice(0, 80)}`
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value)
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 256 && value.every((item) => isText(item, 4096))
}

function isWithin(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

function isDuration(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0 && (value as number) <= YEAR_SECONDS
}

function isOptional(value: unknown, type: 'boolean'): boolean {
  return value === undefined || typeof value === type
}
