import type { PluginTest } from '@gururmm/plugin-sdk/testing'
import { type Test, test } from 'tap'
import { testExample } from '../example-plugins.ts'
import { type StandIn, standIn } from './stand-in.ts'

async function siteWith(t: Test, config: object = {}): Promise<{ plugin: PluginTest; systemctl: StandIn }> {
  const systemctl = standIn(t, 'systemctl')
  const plugin = await testExample(t, 'service-control', {
    config: { program: systemctl.program, ...config },
    grants: { programs: [systemctl.program] },
  })
  return { plugin, systemctl }
}

const restarts = ({ calls }: StandIn) => calls().filter((call) => call.includes(' restart '))

test('lists services, in order, without those that do not exist', async (t) => {
  const { plugin } = await siteWith(t)
  const result = await plugin.run('service_list', {})
  t.same(result.data, {
    services: [
      {
        name: 'app-one.service',
        description: 'The first',
        state: 'running',
        detail: 'active/running',
        start: 'enabled',
        pid: 4242,
      },
      {
        name: 'nginx.service',
        description: 'Web = server',
        state: 'running',
        detail: 'active/running',
        start: 'enabled',
        pid: 4242,
      },
    ],
  })
  t.match(result, { exitCode: 0, stdout: 'nginx.service: running (active/running, process 4242) Web = server\n' })
})

test('lists only services of a state or a name', async (t) => {
  const { plugin } = await siteWith(t)
  t.match(await plugin.run('service_list', { name: 'WEB' }), { data: { services: [{ name: 'nginx.service' }] } })
  t.same((await plugin.run('service_list', { state: 'failed' })).data, { services: [] })
})

test('tells how one fares, by its name with and without its kind', async (t) => {
  const { plugin } = await siteWith(t)
  for (const name of ['nginx', 'nginx.service', 'www']) {
    t.match(await plugin.run('service_status', { name }), { exitCode: 0, data: { name: 'nginx.service', pid: 4242 } })
  }
  t.match(await plugin.run('service_status', { name: 'none' }), {
    exitCode: 1,
    failure: { code: 'SERVICE_CONTROL_UNKNOWN' },
  })
})

test('restarts what the operator names, by name or prefix', async (t) => {
  const { plugin, systemctl } = await siteWith(t, { restartable: ['nginx', 'app-*'] })
  for (const name of ['nginx', 'nginx.service', 'app-one']) {
    const result = await plugin.run('service_restart', { name })
    t.match(result, { exitCode: 0, data: { before: { pid: 4242 }, after: { state: 'running' } } }, name)
    t.match(result.progress, [{ stream: 'event', data: { step: 'restart' } }])
  }
  t.equal(restarts(systemctl).length, 3)
})

test('refuses every other service before anything runs, and names the rule', async (t) => {
  const { plugin, systemctl } = await siteWith(t, { restartable: ['www', 'ngin', 'app-one-*'] })
  for (const name of ['nginx', 'app-one', 'app', 'sshd.service', 'WWW']) {
    t.match(
      await plugin.run('service_restart', { name }),
      {
        exitCode: -1,
        failure: { code: 'SERVICE_CONTROL_NOT_ALLOWED', rule: 'plugins.service_control.config.restartable' },
      },
      name,
    )
  }
  t.throws(() => systemctl.calls(), { code: 'ENOENT' })
})

test('an alias that is allowed does not restart a service that is not', async (t) => {
  const { plugin, systemctl } = await siteWith(t, { restartable: ['www'] })
  t.match(await plugin.run('service_restart', { name: 'www' }), {
    exitCode: -1,
    failure: { code: 'SERVICE_CONTROL_NOT_ALLOWED' },
  })
  t.same(restarts(systemctl), [])
})

test('nothing may be restarted unless the config says so', async (t) => {
  const { plugin } = await siteWith(t)
  t.match(await plugin.run('service_restart', { name: 'nginx' }), { failure: { code: 'SERVICE_CONTROL_NOT_ALLOWED' } })
})

test('names that would be options or stand for other names are refused', async (t) => {
  const { plugin } = await siteWith(t, { restartable: ['a*'] })
  for (const name of ['--force', 'a*', 'a?', 'a[b]', 'a/b', 'a;b', 'a\nb', '', ' a']) {
    t.match(
      await plugin.run('service_restart', { name }),
      { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } },
      JSON.stringify(name),
    )
  }
})

test('a service that does not run afterwards is a failure, with how it fares', async (t) => {
  const { plugin } = await siteWith(t, { restartable: ['broken'] })
  t.match(await plugin.run('service_restart', { name: 'broken' }), {
    exitCode: 1,
    failure: { code: 'SERVICE_CONTROL_NOT_RUNNING' },
    data: { before: { state: 'running' }, after: { state: 'failed', detail: 'failed/failed', pid: null } },
  })
})

test('what the manager refuses is told in its own words', async (t) => {
  const { plugin } = await siteWith(t, { restartable: ['locked'] })
  t.match(await plugin.run('service_restart', { name: 'locked' }), {
    exitCode: 1,
    failure: { code: 'SERVICE_CONTROL_FAILED', message: 'Access denied' },
  })
})

test('a machine without a service manager, and one where the program is not granted, say so', async (t) => {
  const missing = await testExample(t, 'service-control', { config: { program: '/no/systemctl' } })
  t.match(await missing.run('service_list', {}), { failure: { code: 'SPAWN_FAILED' } })
  const withheld = await testExample(t, 'service-control', { grants: { programs: ['other'] } })
  t.match(await withheld.run('service_list', {}), { failure: { code: 'PROGRAM_NOT_ALLOWED' } })
})
