import type { Manifest } from '@gururmm/plugin-sdk'
import type { PluginSetup } from '../hosted-plugin.ts'
import { recheckIntegrity } from '../integrity.ts'
import { checkFresh } from '../load.ts'
import { describeThrown, isPluginError, pluginError } from '../plugin-error.ts'
import { readSecret } from '../secrets.ts'
import type { CommandBridge } from './command-bridge.ts'
import { type LaunchOptions, launchOf } from './launch.ts'
import { isId } from './message.ts'
import { DEFAULT_TIMES, type IsolatedParts } from './options.ts'
import { violation } from './peer.ts'
import { writeLog } from './plugin-log.ts'
import { type PluginProcess, startProcess } from './plugin-process.ts'
import { prepareFolders } from './prepare-folders.ts'
import { processSettings } from './process-settings.ts'
import { majorOf, requireIsolation, runtimeOf } from './requirements.ts'
import type { OpenMessage } from './start.ts'

/** A process whose plugin is set up. */
export interface OpenProcess {
  readonly process: PluginProcess
  readonly setup: PluginSetup
  /**
   * Runs a handler there.
   *
   * @throws what the handler threw; `PEER_GONE` where the process ended.
   */
  run(body: object, bridge: CommandBridge, signal: AbortSignal): Promise<unknown>
  /** How many handlers run. */
  readonly running: number
}

/** What a plugin's process may say went wrong on its way in; anything else is a fault of its own. */
const START_CODES = [
  'PLUGIN_LOAD_FAILED',
  'PLUGIN_CONFIG_INVALID',
  'PLUGIN_SETUP_FAILED',
  'PLUGIN_MANIFEST_INVALID',
] as const

/**
 * Starts a process for the plugin, has its code loaded and set up.
 *
 * @throws PluginError `ISOLATION_UNAVAILABLE`, `PLUGIN_INTEGRITY_MISMATCH`, `PLUGIN_LOAD_FAILED`, `PLUGIN_MANIFEST_STALE`, `PLUGIN_CONFIG_INVALID`,
 *   `PLUGIN_SETUP_FAILED`, `PLUGIN_CRASHED`.
 */
export async function openProcess(parts: IsolatedParts, setup: PluginSetup): Promise<OpenProcess> {
  requireIsolation(parts, setup)
  await recheckIntegrity(parts.plugin, parts.folder, setup.settings.integrity)
  prepareFolders(parts, setup)
  const opened = startOne(parts, setup)
  try {
    await bringUp(opened.process, parts, setup)
    return opened
  } catch (error) {
    opened.process.kill('it could not be set up')
    await opened.process.ended
    throw error
  }
}

function startOne(parts: IsolatedParts, setup: PluginSetup): OpenProcess {
  const times = { ...DEFAULT_TIMES, ...parts.isolation.times }
  const bridges = new Map<number, CommandBridge>()
  let lastKey = 0
  const bridgeOf = (of: unknown): CommandBridge | undefined => {
    if (isId(of) && of <= lastKey) return bridges.get(of)
    throw violation('it spoke for a command that is not its own')
  }
  const started = startProcess({
    launch: launchOf(launchOptionsOf(parts, setup)),
    cwd: parts.dataDir,
    logger: parts.logger,
    memoryMegabytes: processSettings(setup.settings).memoryMegabytes,
    tickMs: times.tick,
    unresponsiveMs: times.unresponsive,
    async onCall(action, body) {
      if (action === 'secret') return secretOf(body.key, parts, setup)
      const bridge = bridgeOf(body.of)
      if (bridge === undefined) throw new Error('the command has ended, and with it all that it may ask for')
      return bridge.call(action, body)
    },
    onNote(action, body) {
      if (action === 'log') writeLog(body, parts.logger)
      else bridgeOf(body.of)?.note(action, body)
    },
  })
  parts.isolation.onProcess?.(started)
  const { peer } = started
  return {
    process: started,
    setup,
    async run(body, bridge, signal) {
      const of = ++lastKey
      const stop = (): void => peer.note('stop', { of, reason: signal.reason })
      bridges.set(of, bridge)
      try {
        const called = peer.call('run', { of, ...body })
        if (signal.aborted) stop()
        signal.addEventListener('abort', stop)
        return await called
      } finally {
        signal.removeEventListener('abort', stop)
        bridges.delete(of)
      }
    },
    get running() {
      return bridges.size
    },
  }
}

function launchOptionsOf(parts: IsolatedParts, { settings, permissions }: PluginSetup): LaunchOptions {
  const { isolation, folder, dataDir, marker } = parts
  const { path, version } = runtimeOf(isolation)
  return {
    ...processSettings(settings),
    node: path,
    nodeMajor: majorOf(version),
    entry: isolation.entry,
    agentFolders: isolation.agentFolders,
    folder,
    dataDir,
    permissions,
    environment: isolation.environment ?? process.env,
    marker,
    dropsRights: process.geteuid?.() === 0,
  }
}

async function bringUp(started: PluginProcess, parts: IsolatedParts, setup: PluginSetup): Promise<void> {
  const { manifest, folder, sdkUrl, dataDir, site, configDir, hookTimeoutSeconds, isolation } = parts
  const account = process.geteuid?.() === 0 ? (isolation.account ?? null) : null
  // PWD is bubblewrap's own
  const hidden = ['PWD', ...Object.keys(parts.marker)].filter((name) => !setup.permissions.environment.includes(name))
  const message: OpenMessage = {
    manifest,
    folder,
    sdkUrl,
    dataDir,
    site,
    configDir,
    hookTimeoutSeconds,
    account,
    hidden,
  }
  const load = { ...DEFAULT_TIMES, ...isolation.times }.load
  const declared = await step(started, parts, 'loaded', load, 'PLUGIN_LOAD_FAILED', () =>
    started.peer.call('open', message),
  )
  checkDeclared(manifest, declared)
  // The process ends a hook that takes too long by itself; unless it is in a loop
  const hook = hookTimeoutSeconds * 1000 + load / 10
  const { values } = setup.config
  await step(started, parts, 'set up', hook, 'PLUGIN_SETUP_FAILED', () =>
    started.peer.call('setUp', { config: values }),
  )
}

/** One call on the way in, with what may come of it as an error of the plugin. */
async function step(
  started: PluginProcess,
  { manifest, redactor }: IsolatedParts,
  what: string,
  milliseconds: number,
  timeoutCode: 'PLUGIN_LOAD_FAILED' | 'PLUGIN_SETUP_FAILED',
  call: () => Promise<unknown>,
): Promise<unknown> {
  const late = setTimeout(() => started.kill(`it was not ${what} within ${milliseconds / 1000} seconds`), milliseconds)
  try {
    return await call()
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (code === 'PEER_GONE') {
      const cause = await started.ended
      const timedOut = cause.startsWith('it was not')
      throw pluginError(
        timedOut ? timeoutCode : 'PLUGIN_CRASHED',
        `The process of the plugin ${manifest.name} was ended while the plugin was ${what}: ${redactor.redact(cause)}`,
      )
    }
    const known = START_CODES.find((each) => each === code)
    throw pluginError(
      known ?? 'PLUGIN_LOAD_FAILED',
      redactor.redact(message.slice(0, 2000)) || 'It gave no reason.',
      error,
    )
  } finally {
    clearTimeout(late)
  }
}

function checkDeclared(manifest: Manifest, declared: unknown): void {
  try {
    checkFresh(manifest.name, manifest, declared as Manifest)
  } catch (error) {
    if (isPluginError(error)) throw error
    const message = `What the plugin ${manifest.name} declares can't be read: ${describeThrown(error)}`
    throw pluginError('PLUGIN_LOAD_FAILED', message, error)
  }
}

function secretOf(key: unknown, parts: IsolatedParts, { config }: PluginSetup): Promise<string> {
  if (typeof key !== 'string' || key.length > 1024)
    throw violation('it asked for a secret by something that is no name')
  return readSecret(config.secretFiles.get(key), `plugins.${parts.plugin}.config.${key}`, parts.redactor)
}
