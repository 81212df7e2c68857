import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { findInstallation } from '../../core/agent/installation.ts'
import type { PluginHostOptions } from '../../core/plugins/index.ts'
import type { IsolationOptions } from '../../core/plugins/isolated/options.ts'
import { findAccount } from '../../core/runner/index.ts'
import { hostOf, type PartialSettings, type TestHost } from './plugin-host.ts'

const { pluginProcess } = findInstallation(fileURLToPath(new URL('../../core/agent/', import.meta.url)))
const nobody = process.platform === 'win32' ? null : findAccount('nobody')

/** So that plugins run on an older Node.js too, which can't withhold the network. */
export const UNWITHHELD = Number.parseInt(process.versions.node, 10) >= 26 ? {} : { network: true }

/** Isolation as this repository's agent has it, unbuilt, with times that a busy machine keeps. */
export function isolationOf(options: Partial<IsolationOptions> = {}): IsolationOptions {
  return {
    ...pluginProcess,
    account: nobody && { name: 'nobody', uid: nobody.uid, gid: nobody.gid },
    ...options,
    times: { load: 60_000, validate: 30_000, tick: 200, unresponsive: 30_000, ...options.times },
  }
}

export interface PartialIsolatedOptions extends Partial<Omit<PluginHostOptions, 'plugins' | 'isolation'>> {
  readonly isolation?: Partial<IsolationOptions>
}

/** Fixture plugins as plugins from elsewhere: copied to a folder that every account may read. */
export function isolatedHostOf(
  t: Test,
  plugins: Readonly<Record<string, PartialSettings>>,
  { isolation, ...options }: PartialIsolatedOptions = {},
): TestHost & { readonly folderOf: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'gururmm-isolated-'))
  const folderOf = (name: string) => join(folder, name)
  const used = Object.entries(plugins).map(([name, given]) => {
    if (given.use !== undefined) return [name, given] as const
    copyFixture(name, folderOf(name))
    return [name, { ...given, permissions: { ...UNWITHHELD, ...given.permissions }, use: folderOf(name) }] as const
  })
  openToAll(folder)
  const host = hostOf(t, Object.fromEntries(used), { ...options, isolation: isolationOf(isolation) })
  openToAll(host.dir)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return { ...host, folderOf }
}

/** The path of a copy of a fixture plugin that every account may read, for an agent that runs it as another user; gone with the test. */
export function fixtureFolder(t: Test, name: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'gururmm-fixture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  openToAll(folder)
  copyFixture(name, join(folder, name))
  return join(folder, name)
}

/** Copies a plugin of test/fixtures/plugins or test/fixtures/hostile. */
function copyFixture(name: string, to: string): void {
  const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
  const from = ['plugins', 'hostile'].map((kind) => join(fixtures, kind, name)).find(existsSync)
  if (from === undefined) throw new Error(`there is no fixture ${name}`)
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

/** Folders made for a test are its user's alone; isolated plugins may be somebody else. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
}
