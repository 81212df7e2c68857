import type { Test } from 'tap'
import { isolatedHostOf } from '../helpers/isolated-host.ts'
import { runOn, type TestHost } from '../helpers/plugin-host.ts'

/**
 * The gallery: every hostile plugin of test/fixtures/hostile, and what becomes of its command (one result), of the plugin beside it and
 * of the host (nothing). docs/security.md has the same list in words.
 */

/** Short where a process has to be given up, so that the suite ends; a real agent waits longer. */
const TIMES = { unresponsive: 3000, validate: 8000, load: 20_000 }
const IMPATIENT = { isolation: { times: TIMES }, stuckAfterSeconds: 1 }

/** For a plugin that is to end by something else than its silence, on however slow a machine. */
export const PATIENT = { isolation: { times: { ...TIMES, unresponsive: 30_000 } } }

export type Settings = Parameters<typeof isolatedHostOf>[1][string]

/** A hostile plugin and, beside it, a good one. */
export function galleryHost(t: Test, name: string, settings: Settings = {}, options = {}) {
  const beside = { permissions: { programs: ['node'] } }
  return isolatedHostOf(t, { [name]: settings, good: beside }, { ...IMPATIENT, ...options })
}

/** The plugin beside it has the same process as before, and the host goes on. */
export async function unharmed(t: Test, host: TestHost): Promise<void> {
  t.match(await runOn(host, 'good', { command: 'x' }), { exitCode: 0, stdout: 'hello x' }, 'the plugin beside it works')
  t.match(host.list()[1], { name: 'good', state: 'enabled', reason: null })
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
}

/** The result of a command whose process was lost. */
export const crashed = (cause: RegExp) => ({ exitCode: -1, failure: { code: 'PLUGIN_CRASHED', message: cause } })
