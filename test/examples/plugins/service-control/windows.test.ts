import { definePlugin } from '@gururmm/plugin-sdk'
import { testPlugin } from '@gururmm/plugin-sdk/testing'
import { type Test, test } from 'tap'
import { managerOf } from '../../../../examples/plugins/service-control/manager.ts'
import type { Context } from '../../../../examples/plugins/service-control/service-manager.ts'
import { parseServices, windowsServices } from '../../../../examples/plugins/service-control/windows.ts'
import { standIn } from './stand-in.ts'

/** Runs one function of the Windows manager with a stand-in for PowerShell. */
async function onWindows(
  t: Test,
  use: (manager: ReturnType<typeof windowsServices>, ctx: Context) => Promise<unknown>,
) {
  const { program } = standIn(t, 'powershell')
  const plugin = definePlugin({
    name: 'windows',
    permissions: { programs: [program] },
    commands: {
      windows: {
        description: 'Runs what the test says.',
        schemas: { input: { type: 'object' } },
        async handler(_input, ctx) {
          return { data: { answer: await use(windowsServices(program), ctx as unknown as Context) } }
        },
      },
    },
  })
  const tested = await testPlugin(plugin)
  t.teardown(() => tested.close())
  return tested.run('windows', {})
}

test('lists the services that PowerShell tells of', async (t) => {
  const result = await onWindows(t, (manager, ctx) => manager.list(ctx))
  t.match(result.data, {
    answer: [
      { name: 'Spooler', state: 'changing', detail: 'Stop Pending', start: 'Auto', pid: 1234 },
      { name: 'W32Time', state: 'stopped', start: 'Manual', pid: null },
    ],
  })
})

test('finds and restarts one by its name, which is never part of a script', async (t) => {
  t.match(await onWindows(t, (manager, ctx) => manager.find('Spooler', ctx)), { data: { answer: { name: 'Spooler' } } })
  t.match(await onWindows(t, (manager, ctx) => manager.find('Nothing', ctx)), { data: { answer: null } })
  t.match(await onWindows(t, (manager, ctx) => manager.restart('Spooler', ctx)), { exitCode: 0 })
  t.match(await onWindows(t, (manager, ctx) => manager.restart('Other', ctx)), {
    failure: { code: 'SERVICE_CONTROL_FAILED' },
  })
})

test('what is no JSON of services is a failure', async (t) => {
  for (const text of ['no json', '{}', '[1]', 'null']) {
    t.throws(() => parseServices(text), { code: 'SERVICE_CONTROL_ANSWER_INVALID' }, text)
  }
})

test('each platform has its program and its names', async (t) => {
  t.equal(managerOf({ program: null }, 'win32').program, 'powershell.exe')
  t.equal(managerOf({ program: null }, 'linux').program, 'systemctl')
  t.equal(managerOf({ program: '/x' }, 'linux').program, '/x')
  t.equal(managerOf({ program: null }, 'win32').plainName('Spooler'), 'spooler')
  t.equal(managerOf({ program: null }, 'linux').plainName('a'), 'a.service')
})
