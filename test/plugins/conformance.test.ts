import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { ObjectSchema } from '@gururmm/plugin-sdk'
import { type Test, test } from 'tap'
import { commonFormats, configFormats } from '../../core/plugins/formats.ts'
import { createPluginHost } from '../../core/plugins/index.ts'
import { Redactor } from '../../core/redaction/index.ts'
import { createRunner } from '../../core/runner/index.ts'
import { compileSchema, type SchemaOptions } from '../../core/schema/index.ts'
import { type ShippedManifest, shippedManifests } from '../../scripts/manifests.ts'
import { bufferLogger } from '../helpers/logger.ts'

/** What holds for every plugin that is shipped with the agent; it runs over whatever is in plugins/. */
const shipped = await shippedManifests()

test('the agent is shipped with plugins', async (t) => {
  t.ok(shipped.length > 0)
})

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

  test(`${plugin.name}: without a config it is set up, or refused with a sentence`, async (t) => {
    const host = await hostFor(t, each)
    await host.ready
    const [status] = host.list()
    if (status?.state === 'failed') {
      t.match(status, { code: /^PLUGIN_(CONFIG_INVALID|SETUP_FAILED)$/, reason: /^.{20,}[.?]$/ })
    } else t.match(status, { state: 'enabled', reason: null })
  })

  test(`${plugin.name}: its check answers in sentences, and teardown comes after setup`, async (t) => {
    const host = await hostFor(t, each)
    for (const check of await host.check(plugin.name)) {
      t.match(check, { name: /^.+$/, ok: Boolean, message: /^.{10,}$/s })
    }
    t.match(await host.disable(plugin.name), { state: 'disabled' })
    t.match(await host.enable(plugin.name), { name: plugin.name })
  })
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

async function hostFor(t: Test, { folder, plugin }: ShippedManifest) {
  const dir = mkdtempSync(join(tmpdir(), 'gururmm-conformance-'))
  const logger = bufferLogger()
  const redactor = new Redactor()
  const runner = createRunner({ logger, redactor })
  const host = createPluginHost({
    plugins: { [plugin.name]: { enabled: true, config: {} } },
    shippedFolders: { [plugin.name]: folder },
    dataDir: dir,
    site: 'test-site',
    configDir: dir,
    runner,
    redactor,
    logger,
    sdkUrl: new URL('../../plugin-sdk/index.ts', import.meta.url).href,
    maxOutputBytes: 65_536,
  })
  t.teardown(async () => {
    await host.close()
    await runner.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return host
}
