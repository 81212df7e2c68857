import { test } from 'tap'
import type { RunResult } from '../../core/dispatch/contract.ts'
import { runOn } from '../helpers/plugin-host.ts'
import { crashed, galleryHost, PATIENT, type Settings, unharmed } from './host.ts'

interface Case {
  readonly type: string
  /** What the result has to match. */
  readonly result: Partial<Omit<RunResult, 'failure'>> & { readonly failure?: { code: string; message?: RegExp } }
  /** Milliseconds after which it is stopped. */
  readonly stopAfter?: number
  readonly settings?: Settings
  /** Whether its process may be silent for long, before it ends by what it does. */
  readonly silent?: true
}

const FAULTS: readonly Case[] = [
  { type: 'faulty_throws', result: { exitCode: 1, failure: { code: 'HANDLER_FAILED' } } },
  { type: 'faulty_throws_late', result: crashed(/outside of any command.*nobody catches this/) },
  { type: 'faulty_rejects_late', result: { exitCode: 0, stdout: 'done' } },
  { type: 'faulty_exits', result: crashed(/exit code 0/) },
  { type: 'faulty_loops', result: crashed(/did not answer.*loop/) },
  { type: 'faulty_loops', stopAfter: 500, result: { exitCode: -1 } },
  { type: 'faulty_waits', stopAfter: 500, result: { exitCode: -1, failure: { code: 'HANDLER_STUCK' } } },
  { type: 'faulty_aborts', result: crashed(/SIGABRT/) },
  { type: 'faulty_fills_heap', settings: { memoryMegabytes: 64 }, silent: true, result: crashed(/out of memory/) },
  { type: 'faulty_fills_buffers', settings: { memoryMegabytes: 64 }, silent: true, result: crashed(/memory/) },
  { type: 'faulty_floods_progress', result: { exitCode: 0, stdout: 'flooded' } },
  { type: 'faulty_floods_log', result: { exitCode: 0, stdout: 'flooded' } },
  { type: 'faulty_floods_output', result: { exitCode: 0, stdout: 'flooded' } },
  { type: 'faulty_returns_too_much', result: { exitCode: 1, failure: { code: 'RESULT_INVALID' } } },
  { type: 'faulty_returns_nonsense', result: { exitCode: 1, failure: { code: 'RESULT_INVALID' } } },
]

for (const { type, result, stopAfter, settings, silent = false } of FAULTS) {
  const stopped = stopAfter === undefined ? '' : ' until it is stopped'
  test(`${type}${stopped}: one result, and the next command works`, async (t) => {
    const host = galleryHost(t, 'faulty', settings, silent ? PATIENT : {})
    await runOn(host, 'good', { command: 'warm' })
    const signal = stopAfter === undefined ? undefined : AbortSignal.timeout(stopAfter + 2000)
    const fault = runOn(host, type, {}, signal && { signal })
    await unharmed(t, host)
    t.match(await fault, result)
    await unharmed(t, host)
    t.match(await runOn(host, 'faulty_good', {}), { exitCode: 0, stdout: 'fine' }, 'it is started again')
    t.match(host.list()[0], { state: 'enabled', reason: null })
  })
}

test('faulty_tampers: what it changed stays in its process', async (t) => {
  const host = galleryHost(t, 'faulty')
  t.match(await runOn(host, 'faulty_tampers', {}, { signal: AbortSignal.timeout(5000) }), { exitCode: Number })
  await unharmed(t, host)
})
