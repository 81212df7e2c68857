import { join } from 'node:path'
import type { Logger, Plugin } from '@gururmm/plugin-sdk'
import { closestMatch } from 'leven'
import type { CommandType, Failure } from '../dispatch/contract.ts'
import { processMarker } from '../runner/index.ts'
import { quoteValue } from '../schema/index.ts'
import type { PluginHost, PluginHostOptions, PluginSettings, PluginStatus } from './contract.ts'
import type { OpenPlugin } from './hosted-plugin.ts'
import { hostInProcess, type InProcessParts, importPlugin } from './in-process.ts'
import { IsolatedPlugin } from './isolated/isolated-plugin.ts'
import { shutInspector } from './isolated/shut-inspector.ts'
import { pluginError } from './plugin-error.ts'
import { PROBLEM_LINE } from './problems.ts'
import { provideSdk } from './provide-sdk.ts'
import { PluginRecord } from './record.ts'
import { catchStrayRejections } from './stray-rejections.ts'

/**
 * Takes the config's plugins in. Returns once their manifests were read; their code is loaded and set up meanwhile, so that no
 * plugin delays the agent's connection.
 */
export function createPluginHost(options: PluginHostOptions): PluginHost {
  const records = new Map<string, PluginRecord>()
  const takeBack = [
    ...(options.sdkUrl === undefined ? [] : [provideSdk(options.sdkUrl)]),
    ...(options.isolation === undefined ? [] : [shutInspector()]),
    ...(options.catchStrayRejections === false ? [] : [catchStrayRejections(options.logger)]),
  ]

  const { begin, beginNow } = beginningOf(options.loadAfter)
  const add = (name: string, settings: PluginSettings) => {
    const holderOf = (type: string) => [...records.values()].find((other) => other.name !== name && other.holds(type))
    const record = createRecord(name, settings, options, begin, (type) => holderOf(type)?.name)
    records.set(name, record)
    return record
  }
  const known = (name: string) => {
    beginNow()
    const record = records.get(name)
    if (record === undefined) throw pluginError('PLUGIN_NOT_FOUND', unknownPlugin(name, records))
    return record
  }
  const done = async (name: string, work: Promise<void>): Promise<PluginStatus> => {
    await work
    return known(name).status()
  }

  for (const [name, settings] of Object.entries(options.plugins)) add(name, settings)
  const ready = Promise.all([...records.values()].map((record) => record.settled)).then(() => {})
  const close = async () => {
    beginNow()
    await Promise.all([...records.values()].map((record) => record.disable()))
    for (const undo of takeBack.splice(0)) undo()
  }
  return {
    registry: {
      find(type) {
        beginNow()
        return findType(type, records)
      },
    },
    ready,
    load() {
      beginNow()
      return ready
    },
    list: () => [...records.values()].map((record) => record.status()),
    ownLimits: (name) => records.get(name)?.ownLimits,
    enable: async (name) => done(name, known(name).enable()),
    disable: async (name) => done(name, known(name).disable()),
    async reconfigure(name, settings) {
      beginNow()
      return done(name, records.has(name) ? known(name).reconfigure(settings) : add(name, settings).settled)
    },
    reload: async (name) => done(name, known(name).reload()),
    check: async (name) => known(name).check(),
    close,
  }
}

/** When plugins' code may be loaded, and a way to have it loaded earlier. */
function beginningOf(loadAfter: Promise<unknown> | undefined) {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (loadAfter === undefined) resolve()
  loadAfter?.then(
    () => resolve(),
    () => resolve(),
  )
  return { begin: promise, beginNow: () => resolve() }
}

function createRecord(
  name: string,
  settings: PluginSettings,
  options: PluginHostOptions,
  begin: Promise<unknown>,
  ownerOf: (type: string) => string | undefined,
): PluginRecord {
  const logger = withPlugin(options.logger, name)
  const given = options.given !== undefined && Object.hasOwn(options.given, name) ? options.given[name] : undefined
  return new PluginRecord(name, settings, {
    given,
    begin,
    shippedFolders: options.shippedFolders,
    configDir: options.configDir,
    ownerOf,
    openHere: openHere(name, given, logger, options),
    openIsolated: openIsolated(name, logger, options),
    onProblem: ({ code }, error) => logger.error({ code, err: error }, PROBLEM_LINE),
  })
}

function openHere(name: string, given: Plugin | undefined, logger: Logger, options: PluginHostOptions): OpenPlugin {
  return async ({ manifest, folder }) => {
    const plugin = given ?? (await importPlugin(manifest, folder as string))
    return hostInProcess(plugin, manifest, partsOf(name, logger, options))
  }
}

function openIsolated(name: string, logger: Logger, options: PluginHostOptions): OpenPlugin | undefined {
  const { isolation, configDir, sdkUrl = null } = options
  if (isolation === undefined) return undefined
  return async ({ manifest, folder }) => {
    const where = { manifest, folder: folder as string, configDir, sdkUrl, isolation, marker: processMarker() }
    return new IsolatedPlugin({ ...partsOf(name, logger, options), ...where })
  }
}

function partsOf(name: string, logger: Logger, options: PluginHostOptions): InProcessParts {
  const { site, redactor, runner, maxOutputBytes, approvals } = options
  return {
    plugin: name,
    site,
    dataDir: join(options.dataDir, 'plugins', name),
    logger,
    redactor,
    ...(approvals && { approvals }),
    runner,
    maxOutputBytes,
    stuckAfterSeconds: options.stuckAfterSeconds ?? 5,
    hookTimeoutSeconds: options.hookTimeoutSeconds ?? 10,
  }
}

/** The plugin that serves a type; where none does, what stands in its way. */
function findType(
  type: string,
  records: ReadonlyMap<string, PluginRecord>,
): CommandType | { readonly failure: Failure } {
  const all = [...records.values()]
  const bringing = all.filter((record) => record.brings(type))
  const owner = bringing.find((record) => record.enabled)
  if (owner !== undefined) return owner.find(type)
  // One that failed says more than one that was switched off on purpose
  const telling =
    bringing.find((record) => record.status().state === 'failed') ??
    bringing[0] ??
    all.find((record) => isUntold(record) && record.isExpectedToBring(type))
  if (telling !== undefined) return telling.find(type)
  const message = `No plugin of this agent brings the command type ${quoteValue(type)}; ${hintFor(type, all)}`
  return { failure: { code: 'COMMAND_TYPE_UNKNOWN', message } }
}

/** Whether a plugin's manifest could not be read or believed, so that nothing is known of its command types. */
function isUntold(record: PluginRecord): boolean {
  const { state, version } = record.status()
  return state === 'failed' && version === null
}

function hintFor(type: string, records: readonly PluginRecord[]): string {
  const types = records.flatMap((record) => record.status().commands.map((each) => each.type))
  const nearest = closestMatch(type.slice(0, 64), types, { maxDistance: 3 })
  if (nearest !== undefined) return `did you mean "${nearest}"?`
  const untold = records.filter(isUntold).map((record) => record.name)
  if (untold.length === 0) return 'add the plugin that does, or mend the name.'
  return `it may be one of ${untold.join(', ')}, which could not be loaded: \`gururmm-agent plugin list\` says why.`
}

function unknownPlugin(name: string, records: ReadonlyMap<string, PluginRecord>): string {
  const names = [...records.keys()].join(', ') || 'none'
  return `The config names no plugin ${quoteValue(name)}; it has ${names}.`
}

/** Every line of a plugin names it. Handlers get these four methods and nothing else of the agent's logger. */
function withPlugin(logger: Logger, plugin: string): Logger {
  const level = (write: keyof Logger) => (fields: object, message?: string) => {
    try {
      logger[write]({ ...(fields instanceof Error ? { err: fields } : fields), plugin }, message)
    } catch {
      // Fields with getters that throw: a log line is no reason to fail a command
    }
  }
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}
