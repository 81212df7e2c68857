import { assertManifest, definePlugin, manifestOf, manifestSchema } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { compileSchema } from '../../core/schema/index.ts'

type Fields = Record<string, unknown>

const plugin = definePlugin({
  name: 'acme',
  permissions: { programs: ['lsblk'] },
  commands: {
    acme_act: {
      description: 'Acts.',
      schemas: { input: { type: 'object' } },
      limits: { concurrent: 2 },
      afterCrash: 'rerun',
      async handler() {},
    },
  },
})
const manifest = manifestOf(plugin, { version: '1.0.0', entry: './index.js' })
const command = manifest.commands.acme_act

test('a manifest is written from the code, without what only runs', async (t) => {
  t.same(manifest, {
    apiVersion: 1,
    name: 'acme',
    version: '1.0.0',
    entry: './index.js',
    permissions: { programs: ['lsblk'] },
    configSchema: { type: 'object', additionalProperties: false },
    commands: {
      acme_act: {
        description: 'Acts.',
        schemas: { input: { type: 'object' } },
        limits: { concurrent: 2 },
        afterCrash: 'rerun',
      },
    },
  })
})

test('the check by hand and the schema for editors agree', async (t) => {
  const fitsSchema = compileSchema(manifestSchema)
  const withCommand = (changes: Fields) => ({ ...manifest, commands: { acme_act: { ...command, ...changes } } })
  const withRate = (rate: unknown) => withCommand({ limits: { rate } })
  const types = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, command]))
  const candidates: unknown[] = [
    manifest,
    { ...manifest, permissions: {} },
    { ...manifest, permissions: { read: 'operator', write: ['/x'], network: true, environment: [] } },
    { ...manifest, entry: './dist/a..b/..index.js' },
    withCommand({ timeoutSeconds: 31_536_000, elevation: true, limits: {} }),
    withRate({ count: 0, windowSeconds: 0.1 }),
    { ...manifest, commands: types(64) },
    null,
    [],
    {},
    { ...manifest, apiVersion: 0 },
    { ...manifest, apiVersion: '1' },
    { ...manifest, name: 'Acme' },
    { ...manifest, name: 'a'.repeat(65) },
    { ...manifest, version: '' },
    { ...manifest, version: 'v'.repeat(65) },
    { ...manifest, entry: 'index.js' },
    { ...manifest, entry: '/index.js' },
    { ...manifest, entry: './../index.js' },
    { ...manifest, entry: './dist/../../index.js' },
    { ...manifest, entry: './dist\\..\\index.js' },
    { ...manifest, entry: './..' },
    { ...manifest, permissions: undefined },
    { ...manifest, permissions: { read: 'all' } },
    { ...manifest, permissions: { read: [''] } },
    { ...manifest, permissions: { read: Array.from({ length: 257 }, () => 'x') } },
    { ...manifest, permissions: { environment: 'operator' } },
    { ...manifest, permissions: { disk: true } },
    { ...manifest, configSchema: {} },
    { ...manifest, configSchema: { type: 'string' } },
    { ...manifest, commands: {} },
    { ...manifest, commands: types(65) },
    { ...manifest, commands: { 'a-b': command } },
    { ...manifest, isolation: 'sandbox' },
    withCommand({ description: '' }),
    withCommand({ description: 'x'.repeat(1025) }),
    withCommand({ schemas: {} }),
    withCommand({ schemas: { input: { type: 'object' }, result: {} } }),
    withCommand({ timeoutSeconds: 0 }),
    withCommand({ timeoutSeconds: 31_536_001 }),
    withCommand({ elevation: 1 }),
    withCommand({ afterCrash: 'never' }),
    withCommand({ handler: 'x' }),
    withCommand({ limits: { concurrent: 0 } }),
    withCommand({ limits: { concurrent: 1025 } }),
    withCommand({ limits: { queued: 100_001 } }),
    withCommand({ limits: { other: 1 } }),
    withRate({ count: 1 }),
    withRate({ count: 1_000_001, windowSeconds: 1 }),
    withRate({ count: 1, windowSeconds: 0 }),
    withRate({ count: 1, windowSeconds: 1, burst: 2 }),
  ]
  const byHand = (value: unknown) => {
    try {
      assertManifest(value)
      return true
    } catch (error) {
      t.type(error, TypeError)
      return false
    }
  }
  // As it is read from a file
  const read = candidates.map((candidate) => JSON.parse(JSON.stringify(candidate)) as unknown)
  for (const value of read) t.equal(byHand(value), 'value' in fitsSchema(value), JSON.stringify(value).slice(0, 200))
  t.same([byHand({ ...manifest, apiVersion: 2 }), read.filter(byHand).length], [true, 7])
})
