import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Manifest, ObjectSchema, Permissions } from '@gururmm/plugin-sdk'
import { type Test, test } from 'tap'
import { commonFormats, configFormats } from '../../core/plugins/formats.ts'
import type { PluginHost } from '../../core/plugins/index.ts'
import { compileSchema, type SchemaOptions } from '../../core/schema/index.ts'
import { type ShippedManifest, shippedManifests } from '../../scripts/manifests.ts'
import { isolatedHostOf, UNWITHHELD } from '../helpers/isolated-host.ts'
import { hostOf } from '../helpers/plugin-host.ts'

/** What holds for every plugin that is shipped with the agent; it runs over whatever is in plugins/. */
const shipped = await shippedManifests()

test('the agent is shipped with plugins', async (t) => {
  t.ok(shipped.length > 0)
})

/** Where plugins run; what holds in one place holds in the other. */
const HOSTS = { 'in the agent': hostHere, isolated: hostIsolated } as const

for (const each of shipped) {
  const { folder, plugin, file, text } = each
  test(`${plugin.name}: the folder has the plugin’s name`, async (t) => {
    t.equal(basename(folder).replaceAll('-', '_'), plugin.name)
  })

  test(`${plugin.name}: the manifest is fresh`, async (t) => {
    t.equal(readFileSync(file, 'utf8'), text, 'npm run generate writes it anew')
  })

  test(`${plugin.name}: every schema compiles`, async (t) => {
    const { formats } = configFormats('/')
    compiles(t, 'configSchema', plugin.configSchema, { defaults: true, formats })
    for (const [type, { schemas }] of Object.entries(plugin.commands)) {
      compiles(t, `${type} input`, schemas.input, { defaults: true, formats: commonFormats })
      compiles(t, `${type} result`, schemas.result, { formats: commonFormats })
    }
  })

  test(`${plugin.name}: every property of config and input has a description`, async (t) => {
    t.same(undescribed(plugin.configSchema), [])
    for (const { schemas } of Object.values(plugin.commands)) t.same(undescribed(schemas.input), [])
  })

  test(`${plugin.name}: teardown without setup does no harm, twice over`, async (t) => {
    await plugin.teardown?.()
    await plugin.teardown?.()
    t.pass()
  })

  for (const [where, hostFor] of Object.entries(HOSTS)) {
    test(`${plugin.name} ${where}: without a config it is set up, or refused with a sentence`, async (t) => {
      const host = await hostFor(t, each)
      await host.load()
      const status = await started(host, plugin.name)
      if (status?.state === 'failed') {
        t.match(status, { code: /^PLUGIN_(CONFIG_INVALID|SETUP_FAILED)$/, reason: /^.{20,}[.?]$/ })
      } else t.match(status, { state: 'enabled', reason: null })
    })

    test(`${plugin.name} ${where}: it tells the same of itself`, async (t) => {
      const host = await hostFor(t, each)
      const [status] = host.list()
      t.same(
        status?.commands.map(({ type }) => type),
        Object.keys(plugin.commands),
      )
      t.match(status, { version: /^\d+\.\d+\.\d+/, shipped: where !== 'isolated' })
    })

    test(`${plugin.name} ${where}: input that its schema refuses is refused before anything runs`, async (t) => {
      const host = await hostFor(t, each)
      await host.load()
      for (const type of Object.keys(plugin.commands)) {
        const found = host.registry.find(type)
        if ('failure' in found) continue
        const checked = await found.validate({ 'no such field': true, command: 7 })
        t.match(checked, { failure: { code: /^(COMMAND_INPUT_INVALID|PLUGIN_UNAVAILABLE)$/, message: /.{20,}/ } }, type)
      }
    })

    test(`${plugin.name} ${where}: its check answers in sentences, and teardown comes after setup`, async (t) => {
      const host = await hostFor(t, each)
      for (const check of await host.check(plugin.name)) {
        t.match(check, { name: /^.+$/, ok: Boolean, message: /^.{10,}$/s })
      }
      t.match(await host.disable(plugin.name), { state: 'disabled' })
      t.match(await host.enable(plugin.name), { name: plugin.name })
    })
  }
}

/** A plugin of a process of its own is started by whoever asks for its checks. */
async function started(host: PluginHost, name: string) {
  await host.check(name)
  return host.list()[0]
}

function compiles(t: Test, what: string, schema: ObjectSchema | undefined, options: SchemaOptions): void {
  if (schema === undefined) return
  t.doesNotThrow(() => compileSchema(schema, options)({}), what)
}

/** The dotted keys, at any depth, that nothing is said of. */
function undescribed(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [] } = schema as Record<string, object>
  const own = Object.entries(properties).flatMap(([key, property]: [string, { description?: unknown }]) => [
    ...(typeof property.description === 'string' && property.description !== '' ? [] : [`${path}${key}`]),
    ...undescribed(property, `${path}${key}.`),
  ])
  const below = [items, additionalProperties, ...(anyOf as object[]), ...(oneOf as object[])]
  return [...own, ...below.flatMap((inner) => undescribed(inner, path))]
}

/** In the agent's process, as it is shipped. */
async function hostHere(t: Test, { folder, plugin }: ShippedManifest): Promise<PluginHost> {
  return hostOf(t, { [plugin.name]: {} }, { shippedFolders: { [plugin.name]: folder } })
}

/** Copied elsewhere, as a stranger's; granted what it asks for. */
async function hostIsolated(t: Test, { folder, plugin, text }: ShippedManifest): Promise<PluginHost> {
  const use = join(mkdtempSync(join(tmpdir(), 'gururmm-copy-')), 'plugin')
  t.teardown(() => rmSync(dirname(use), { recursive: true, force: true }))
  cpSync(folder, use, { recursive: true, filter: (file) => !/node_modules/.test(file) })
  chmodSync(dirname(use), 0o755)
  return isolatedHostOf(t, { [plugin.name]: { use, permissions: grantsFor(JSON.parse(text)) } })
}

/** All that it asks for; where the values are the operator's, some. */
function grantsFor({ permissions }: Manifest): Permissions {
  const values = { read: [tmpdir()], write: [tmpdir()], programs: ['node', 'sh'] } as const
  const lists = Object.entries(values).map(([kind, list]) => {
    const asked = permissions[kind as keyof typeof values]
    return [kind, asked === undefined || asked === 'operator' ? list : asked]
  })
  return { ...permissions, ...Object.fromEntries(lists), ...UNWITHHELD }
}
