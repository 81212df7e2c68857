import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from '@gururmm/plugin-sdk'
import type { Test } from 'tap'
import type { CommandType, Execution, ProgressItem, RunResult } from '../../core/dispatch/contract.ts'
import {
  createPluginHost,
  type PluginHost,
  type PluginHostOptions,
  type PluginSettings,
} from '../../core/plugins/index.ts'
import { Redactor } from '../../core/redaction/index.ts'
import { createRunner } from '../../core/runner/index.ts'
import { bufferLogger, type LogLine } from './logger.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/plugins/', import.meta.url))

/** Every plugin of test/fixtures/plugins, as if it were shipped. */
export const fixtureFolders: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FIXTURES).map((name) => [name, join(FIXTURES, name)]),
)

/** What the tests leave out of a plugin's settings. */
export type PartialSettings = Partial<PluginSettings>

export interface TestHost extends PluginHost {
  /** Also the config's folder. */
  readonly dir: string
  readonly dataDir: string
  readonly lines: readonly LogLine[]
  readonly redactor: Redactor
}

/** A host with a real runner, in a folder of the test's own, closed at its end. */
export function hostOf(
  t: Test,
  plugins: Readonly<Record<string, PartialSettings>>,
  options: Partial<Omit<PluginHostOptions, 'plugins'>> = {},
): TestHost {
  // Not t.testdir, which a test has only one of
  const dir = mkdtempSync(join(tmpdir(), 'gururmm-plugins-'))
  const logger = bufferLogger()
  const redactor = new Redactor()
  const runner = createRunner({ logger, redactor, containment: 'process_group' })
  const dataDir = join(dir, 'var')
  const host = createPluginHost({
    plugins: Object.fromEntries(Object.entries(plugins).map(([name, given]) => [name, settings(given)])),
    shippedFolders: fixtureFolders,
    dataDir,
    site: 'test-site',
    configDir: dir,
    runner,
    redactor,
    logger,
    sdkUrl: new URL('../../plugin-sdk/index.ts', import.meta.url).href,
    maxOutputBytes: 65_536,
    ...options,
  })
  t.teardown(async () => {
    await host.close()
    await runner.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return { ...host, dir, dataDir, lines: logger.lines, redactor }
}

/** Settings with the config room's defaults. */
export function settings(given: PartialSettings = {}): PluginSettings {
  return { enabled: true, config: {}, ...given }
}

/** A host of one plugin that is in memory. */
export function hostOfPlugin(
  t: Test,
  plugin: Plugin,
  given: PartialSettings = {},
  options: Partial<PluginHostOptions> = {},
): TestHost {
  return hostOf(t, { [plugin.name]: given }, { given: { [plugin.name]: plugin }, ...options })
}

/** The type; throws where it can't be used. */
export function typeOf(host: PluginHost, type: string): CommandType {
  const found = host.registry.find(type)
  if ('failure' in found) throw new Error(`${found.failure.code}: ${found.failure.message}`)
  return found
}

/** Why a type can't be used. */
export function refusalOf(host: PluginHost, type: string): string {
  const found = host.registry.find(type)
  return 'failure' in found ? found.failure.code : 'none'
}

export interface RunOptions {
  readonly signal?: AbortSignal
  readonly elevated?: boolean
  readonly onProgress?: (item: ProgressItem) => void
}

/** Validates and runs one command, as dispatch does. */
export async function runOn(
  host: PluginHost,
  type: string,
  input: unknown,
  options: RunOptions = {},
): Promise<RunResult> {
  const found = typeOf(host, type)
  const checked = await found.validate(input)
  if ('failure' in checked) {
    return { exitCode: -1, stdout: '', stderr: checked.failure.message, failure: checked.failure }
  }
  return found.run(executionOf(type, checked.input, options))
}

let commands = 0

export function executionOf(type: string, input: unknown, options: RunOptions = {}): Execution {
  const requester = { user: 'ada', role: null }
  return {
    command: { id: `c${++commands}`, type, elevated: options.elevated ?? false, origin: 'server', requester },
    input,
    timeoutSeconds: 30,
    signal: options.signal ?? new AbortController().signal,
    progress: options.onProgress ?? (() => {}),
  }
}
