import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { isolatedHostOf } from '../../helpers/isolated-host.ts'
import { hostOf, runOn, typeOf } from '../../helpers/plugin-host.ts'

/** A plugin that says which code it is, and waits where it is told to. */
function code(version: string, properties = '', keywords = ''): string {
  return `
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@gururmm/plugin-sdk'

export default definePlugin({
  name: 'meter',
  commands: {
    meter: {
      description: 'Uses something.',
      schemas: { input: { type: 'object', additionalProperties: false, properties: { cost: { type: 'number', default: 0 }${properties} }${keywords} } },
      async handler({ cost }, ctx) {
        ctx.progress({ begun: true })
        while (cost > 0 && !existsSync(join(ctx.dataDir, 'go'))) await new Promise((resolve) => setTimeout(resolve, 10))
        return { stdout: '${version}' }
      },
    },
  },
})
`
}

function meterHost(t: Test) {
  const host = isolatedHostOf(t, { meter: {} })
  const write = (text: string) => writeFileSync(join(host.folderOf('meter'), 'index.js'), text)
  write(code('one'))
  return { host, write }
}

test('new code takes over in a new process; a command that runs ends with the code it began with', async (t) => {
  const { host, write } = meterHost(t)
  let begun = false
  const long = runOn(host, 'meter', { cost: 1 }, { onProgress: () => (begun = true) })
  while (!begun) await new Promise((resolve) => setTimeout(resolve, 10))
  write(code('two'))
  t.match(await host.reload('meter'), { state: 'enabled', reason: null })
  t.match(await runOn(host, 'meter', {}), { stdout: 'two' })
  writeFileSync(join(host.dataDir, 'plugins/meter/go'), '')
  t.match(await long, { exitCode: 0, stdout: 'one' })
  t.match(await runOn(host, 'meter', {}), { stdout: 'two' })
})

test('a command whose process is just being started when new code comes is served', async (t) => {
  const { host, write } = meterHost(t)
  // It is still at its set-up when the new code is ready
  write(code('one').replace('commands:', 'setup: () => new Promise((resolve) => setTimeout(resolve, 2000)), commands:'))
  await host.ready
  const checked = typeOf(host, 'meter').validate({})
  write(code('two'))
  t.match(await host.reload('meter'), { state: 'enabled', reason: null })
  t.match(await checked, { input: { cost: 0 } })
})

test('code that does not hold leaves the one before serving, and says why until it is mended', async (t) => {
  const { host, write } = meterHost(t)
  t.match(await runOn(host, 'meter', {}), { stdout: 'one' })
  for (const [broken, reason] of [
    ['import nothing from "nowhere"', /one before stays: .*nowhere/],
    [code('two', ', more: { type: "string" }'), /one before stays: .*manifest.*differs/],
    ['export default { name: "meter" }', /one before stays: .*no plugin/],
  ] as const) {
    write(broken)
    t.match(await host.reload('meter'), { state: 'enabled', reason })
    t.match(await runOn(host, 'meter', {}), { stdout: 'one' })
  }
  write(code('three'))
  t.match(await host.reload('meter'), { state: 'enabled', reason: null })
  t.match(await runOn(host, 'meter', {}), { stdout: 'three' })
})

test('an input that the old code’s schema let through is held against the new one', async (t) => {
  const { host, write } = meterHost(t)
  const type = typeOf(host, 'meter')
  const checked = await type.validate({})
  const manifest = join(host.folderOf('meter'), 'gururmm.plugin.json')
  const next = JSON.parse(readFileSync(manifest, 'utf8'))
  next.commands.meter.schemas.input.required = ['must']
  next.commands.meter.schemas.input.properties.must = { type: 'string' }
  writeFileSync(manifest, JSON.stringify(next))
  write(code('two', ', must: { type: "string" }', ', required: ["must"]'))
  t.match(await host.reload('meter'), { state: 'enabled', reason: null })
  const command = {
    id: 'x',
    type: 'meter',
    elevated: false,
    origin: 'server',
    requester: { user: null, role: null },
  } as const
  const execution = { command, timeoutSeconds: 30, signal: new AbortController().signal, progress: () => {} }
  const input = 'input' in checked ? checked.input : null
  t.match(await type.run({ ...execution, input }), { failure: { code: 'COMMAND_INPUT_INVALID' } })
  t.match(await runOn(host, 'meter', { must: 'x' }), { stdout: 'two' })
})

test('a shipped plugin’s code can’t be replaced, a disabled one’s waits', async (t) => {
  const shipped = hostOf(t, { good: {} })
  await t.rejects(shipped.reload('good'), { code: 'PLUGIN_RELOAD_UNAVAILABLE' })
  await t.rejects(shipped.reload('god'), { code: 'PLUGIN_NOT_FOUND' })
  const { host, write } = meterHost(t)
  await host.disable('meter')
  write(code('two'))
  t.match(await host.reload('meter'), { state: 'disabled' })
  await host.enable('meter')
  t.match(await runOn(host, 'meter', {}), { stdout: 'two' })
})
