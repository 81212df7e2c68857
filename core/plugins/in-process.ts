import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  assertPlugin,
  type Check,
  type Manifest,
  manifestOf,
  type Plugin,
  type PluginCommand,
} from '@gururmm/plugin-sdk'
import type { Execution } from '../dispatch/contract.ts'
import { compileSchema, type Validate } from '../schema/index.ts'
import { type ContextParts, pluginContext } from './context.ts'
import { codeOf } from './explaining.ts'
import { commonFormats } from './formats.ts'
import { callHook } from './hooks.ts'
import type { HostedPlugin, PluginSetup } from './hosted-plugin.ts'
import { dataCheck } from './outcome.ts'
import { describeThrown, pluginError } from './plugin-error.ts'
import { type CommandParts, runCommand } from './run-command.ts'

/** What a plugin of this process is hosted with. */
export interface InProcessParts extends CommandParts, CodeParts {}

/** What the code of a plugin is called with, whichever process holds it. */
export interface CodeParts extends ContextParts {
  readonly hookTimeoutSeconds: number
}

/** Calls a handler with a context, and makes of its end what the caller of {@link hostCode} wants. */
export type Execute<R> = (
  command: PluginCommand,
  execution: Execution,
  setup: PluginSetup,
  checkData: Validate | undefined,
) => Promise<R>

/** A setup in force, and the commands that began with it. */
interface Era {
  readonly setup: PluginSetup
  readonly over: AbortController
  running: number
  replaced: boolean
}

/**
 * Imports a plugin's code into this process.
 *
 * @throws PluginError `PLUGIN_LOAD_FAILED`.
 */
export async function importPlugin(manifest: Manifest, folder: string): Promise<Plugin> {
  const entry = entryOf(manifest, folder)
  const module: unknown = await import(pathToFileURL(entry).href).catch((thrown: unknown) => {
    throw loadFailed(manifest.name, `its code ${entry} threw when it was imported: ${describeThrown(thrown)}`, thrown)
  })
  const plugin = (module as { default?: unknown }).default
  try {
    assertPlugin(plugin)
    return plugin
  } catch (cause) {
    throw loadFailed(manifest.name, `the default export of ${entry} is no plugin: ${describeThrown(cause)}`, cause)
  }
}

/** Hosts a plugin whose code is loaded in this process. */
export function hostInProcess(plugin: Plugin, manifest: Manifest, parts: InProcessParts): HostedPlugin {
  return hostCode(plugin, manifest, parts, (command, execution, setup, checkData) =>
    runCommand(codeOf(command, execution), execution, setup, parts, checkData),
  )
}

/** Holds the code of a plugin: its setups one after the other, its checks, its commands as `execute` runs them. */
export function hostCode<R>(
  plugin: Plugin,
  manifest: Manifest,
  parts: CodeParts,
  execute: Execute<R>,
): Omit<HostedPlugin, 'run'> & { run(execution: Execution): Promise<R> } {
  const inputs = new Map<string, Validate>()
  const results = new Map<string, Validate | undefined>()
  let current: Era | undefined
  let setUpTried = false

  return {
    declared: manifestOf(plugin, manifest),
    async setUp(setup) {
      setUpTried = true
      const era = { setup, over: new AbortController(), running: 0, replaced: false }
      await runSetup(plugin, era, parts)
      const before = current
      current = era
      if (before !== undefined) retire(before)
    },
    async validate(type, input) {
      const check = cached(inputs, type, () => {
        const schema = plugin.commands[type]?.schemas.input ?? {}
        return compileSchema(schema, { defaults: true, formats: commonFormats })
      })
      return validateInput(check, manifest.name, type, input)
    },
    run(execution) {
      const command = plugin.commands[execution.command.type]
      if (current === undefined || command === undefined) throw new Error('run() before a setup, or of an unknown type')
      const { type } = execution.command
      const checkData = execution.explain ? undefined : cached(results, type, () => dataCheck(command.schemas.result))
      return runInEra(current, (setup) => execute(command, execution, setup, checkData))
    },
    check: () => runCheck(plugin, current, parts),
    async stop() {
      if (current !== undefined) retire(current)
      if (setUpTried) await runTeardown(plugin, parts)
    },
  }
}

async function runSetup(plugin: Plugin, era: Era, parts: CodeParts): Promise<void> {
  const { hookTimeoutSeconds } = parts
  try {
    await mkdir(parts.dataDir, { recursive: true, mode: 0o700 })
    const context = pluginContext(parts, era.setup.config, era.over.signal)
    await callHook(hookTimeoutSeconds, () => plugin.setup?.(context))
  } catch (cause) {
    era.over.abort()
    const timedOut = (cause as { code?: unknown } | null)?.code === 'HOOK_TIMEOUT'
    const why = timedOut
      ? `did not end within ${hookTimeoutSeconds} seconds; it most likely waits for a network or a program that does not answer`
      : `failed: ${describeThrown(cause)}`
    throw pluginError('PLUGIN_SETUP_FAILED', `The setup of the plugin ${plugin.name} ${why}`, cause)
  }
}

async function runTeardown(plugin: Plugin, { hookTimeoutSeconds, logger }: CodeParts): Promise<void> {
  await callHook(hookTimeoutSeconds, () => plugin.teardown?.()).catch((error: unknown) => {
    logger.error({ err: error }, 'teardown failed')
  })
}

async function runCheck(plugin: Plugin, era: Era | undefined, parts: CodeParts): Promise<readonly Check[]> {
  if (plugin.check === undefined || era === undefined) return []
  try {
    const context = pluginContext(parts, era.setup.config, era.over.signal)
    const checks: unknown = await callHook(parts.hookTimeoutSeconds, () => plugin.check?.(context))
    return checksOf(checks, parts)
  } catch (thrown) {
    parts.logger.error({ err: thrown }, 'check failed')
    return [{ name: 'check', ok: false, message: `The plugin's own check failed: ${describeThrown(thrown)}` }]
  }
}

function checksOf(checks: unknown, { redactor }: CodeParts): readonly Check[] {
  const isCheck = (check: Check | null): check is Check =>
    typeof check?.name === 'string' && typeof check.ok === 'boolean' && typeof check.message === 'string'
  if (!Array.isArray(checks) || !checks.every(isCheck)) throw new Error('it returned no list of { name, ok, message }')
  return checks.map(({ name, ok, message }) => ({ name, ok, message: redactor.redact(message) }))
}

async function runInEra<R>(era: Era, run: (setup: PluginSetup) => Promise<R>): Promise<R> {
  era.running++
  try {
    return await run(era.setup)
  } finally {
    era.running--
    if (era.replaced && era.running === 0) era.over.abort()
  }
}

/** The setup is no longer the one in force; its context ends with the last command that uses it. */
function retire(era: Era): void {
  era.replaced = true
  if (era.running === 0) era.over.abort()
}

function validateInput(
  check: Validate,
  plugin: string,
  type: string,
  input: unknown,
): Awaited<ReturnType<HostedPlugin['validate']>> {
  try {
    const checked = check(input)
    if ('value' in checked) return { input: checked.value }
    const { path, message } = checked.problem
    return {
      failure: {
        code: 'COMMAND_INPUT_INVALID',
        message: `The input of \`${type}\` is not valid: \`input${path}\` ${message}.`,
      },
    }
  } catch (cause) {
    const message = `The plugin ${plugin} can't take \`${type}\`: ${describeThrown(cause)} Tell its author.`
    return { failure: { code: 'PLUGIN_UNAVAILABLE', message } }
  }
}

function cached<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** Before they are built, shipped plugins have TypeScript where the manifest names JavaScript. */
function entryOf(manifest: Manifest, folder: string): string {
  const entry = resolve(folder, manifest.entry)
  const source = entry.replace(/\.js$/, '.ts')
  return !existsSync(entry) && existsSync(source) ? source : entry
}

function loadFailed(plugin: string, problem: string, cause: unknown) {
  return pluginError('PLUGIN_LOAD_FAILED', `The plugin ${plugin} can't be loaded: ${problem}`, cause)
}
