import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { isolatedHostOf } from '../../helpers/isolated-host.ts'
import { hostOf, runOn } from '../../helpers/plugin-host.ts'

/** What a handler does with programs comes to the same in the agent's process and in one of the plugin's own. */
const granted = (folder: string) => ({
  permissions: { programs: ['node'], read: [folder], environment: ['GIVEN'] },
})
const hosts = {
  'in the agent’s process': (t: Test) => hostOf(t, { programs: {} }),
  isolated: (t: Test) => isolatedHostOf(t, { programs: granted('/tmp') }),
} as const

for (const [where, host] of Object.entries(hosts)) {
  test(`${where}: output goes to the result`, async (t) => {
    const items: unknown[] = []
    const onProgress = (item: unknown) => items.push(item)
    t.match(await runOn(host(t), 'programs_capture', {}, { onProgress }), {
      exitCode: 0,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    t.match(items, [{ stream: 'stdout', offset: 0, data: 'out\n' }])
  })

  test(`${where}: how a program ended is a value`, async (t) => {
    const { data } = await runOn(host(t), 'programs_end', {})
    t.same(data, { exitCode: 7, endedBy: 'exit', stdout: 'out\n' })
  })

  test(`${where}: lines come while the program runs, all of them`, async (t) => {
    const { data } = await runOn(host(t), 'programs_lines', { count: 200_000 })
    t.same(data, { lines: 200_000, characters: 2_488_890, exitCode: 0 })
  })

  test(`${where}: who leaves the loop early does not stop the program`, async (t) => {
    const { data } = await runOn(host(t), 'programs_some_lines', {})
    t.same(data, { seen: ['0', '1', '2'], exitCode: 0 })
  })

  test(`${where}: input arrives whole, text and bytes`, async (t) => {
    const { data } = await runOn(host(t), 'programs_input', { pieces: 12, size: 700_000 })
    t.same(data, { read: 12 * 700_000 + 1, exitCode: 0 })
  })

  test(`${where}: a program that does not read holds its writer up`, async (t) => {
    const { data } = await runOn(host(t), 'programs_no_reader', {})
    t.same(data, { code: 'INPUT_CLOSED', bounded: true })
  })

  test(`${where}: a program can be stopped`, async (t) => {
    const { data } = await runOn(host(t), 'programs_stop', {})
    t.same(data, { endedBy: 'stop' })
  })

  test(`${where}: lines asked for too late are refused`, async (t) => {
    t.match(await runOn(host(t), 'programs_late_lines', {}), { exitCode: 1, failure: { code: 'HANDLER_FAILED' } })
  })

  test(`${where}: a command that is stopped ends its programs, with what they wrote`, async (t) => {
    const stop = new AbortController()
    const result = await runOn(
      host(t),
      'programs_no_reader',
      {},
      { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(1)]) },
    )
    t.match(result, { exitCode: -1 })
  })

  test(`${where}: a program runs in the folder that was opened, which is closed after`, async (t) => {
    const on = host(t)
    const folder = join(on.dir, 'work')
    mkdirSync(folder)
    const { data } = await runOn(on, 'programs_directory', { path: folder, within: [on.dir] })
    const real = realpathSync(folder)
    t.same(data, { path: real, stdout: `${real} given\n`, after: 'DIRECTORY_MISSING' })
    t.match(await runOn(on, 'programs_directory', { path: folder, within: [join(on.dir, 'var')] }), {
      exitCode: -1,
      failure: { code: 'DIRECTORY_OUTSIDE' },
    })
  })
}

test('isolated: only granted programs are started', async (t) => {
  const host = hosts.isolated(t)
  const failure = { code: 'PROGRAM_NOT_ALLOWED' }
  t.match(await runOn(host, 'programs_refused', { program: 'sh' }), { exitCode: -1, failure })
  t.match(await runOn(host, 'programs_refused', { program: '/bin/sh' }), { exitCode: -1, failure })
})

test('isolated: a program gets no variable that decides what it loads', async (t) => {
  const host = hosts.isolated(t)
  for (const name of ['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'BASH_ENV']) {
    t.match(await runOn(host, 'programs_refused', { program: 'node', env: { [name]: 'x' } }), {
      exitCode: -1,
      failure: { code: 'ENVIRONMENT_NOT_ALLOWED' },
    })
  }
})

test('isolated: only granted folders are opened, and of others nothing is told', async (t) => {
  const host = hosts.isolated(t)
  for (const path of ['/etc', '/nonexistent', '/tmp/../etc', 'relative']) {
    const result = await runOn(host, 'programs_directory', { path, within: ['/'] })
    t.match(result, { exitCode: -1, failure: { code: 'DIRECTORY_OUTSIDE' } }, path)
  }
})
