import { resolve } from 'node:path'
import type { Manifest, ObjectSchema } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { limitsOf } from '../../../core/plugins/limit-layers.ts'
import { checkConfig } from '../../../core/plugins/settings.ts'

const schema: ObjectSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    folder: { type: 'string', format: 'path' },
    folders: { type: 'array', items: { type: 'string', format: 'path' } },
    smtp: { type: 'object', properties: { passwordFile: { type: 'string', format: 'secret-file' } } },
    keys: { type: 'array', items: { type: 'object', properties: { file: { type: 'string', format: 'secret-file' } } } },
    since: { type: 'string', format: 'date-time' },
    address: { type: 'string', format: 'ipv4' },
    retries: { type: 'integer', default: 2 },
  },
}
const base = resolve('/etc/gururmm')

test('paths are absolute from the config’s folder on, and secret files are remembered by their key', async (t) => {
  const config = { folder: 'data', folders: ['/abs', '../up'], smtp: { passwordFile: 'pw' }, keys: [{ file: 'k0' }] }
  const { values, secretFiles } = checkConfig('x', schema, config, base)
  t.same(values, {
    folder: resolve(base, 'data'),
    folders: [resolve('/abs'), resolve(base, '../up')],
    smtp: { passwordFile: resolve(base, 'pw') },
    keys: [{ file: resolve(base, 'k0') }],
    retries: 2,
  })
  t.same(
    [...secretFiles],
    [
      ['smtp.passwordFile', resolve(base, 'pw')],
      ['keys[0].file', resolve(base, 'k0')],
    ],
  )
  t.same(config.folder, 'data', 'the config itself is left alone')
})

test('a config that does not fit is refused with its place', async (t) => {
  const wrong: [object, RegExp][] = [
    [{ folder: 'a\0b' }, /`plugins\.x\.config\.folder` must be a path/],
    [{ folder: '' }, /folder/],
    [{ since: 'yesterday' }, /`plugins\.x\.config\.since` must be text of the form date-time/],
    [{ address: '1.2.3' }, /ipv4/],
    [{ retry: 1 }, /"retries"/],
  ]
  for (const [config, message] of wrong) {
    t.throws(() => checkConfig('x', schema, config, base), { code: 'PLUGIN_CONFIG_INVALID', message })
  }
  t.match(checkConfig('x', schema, { since: '2026-01-01T00:00:00Z', address: '10.0.0.1' }, base).values, { retries: 2 })
})

test('a config schema that is wrong is the plugin’s fault, not the config’s', async (t) => {
  const wrong: ObjectSchema = { type: 'object', properties: { a: { type: 'string', format: 'unheard-of' } } }
  t.throws(() => checkConfig('x', wrong, {}, base), { code: 'PLUGIN_MANIFEST_INVALID', message: /unheard-of/ })
})

test('limits of the config are laid over the plugin’s own, key by key', async (t) => {
  const command = { description: 'x', schemas: { input: { type: 'object' } }, limits: { concurrent: 2, queued: 0 } }
  const manifest = { commands: { a: command } } as unknown as Manifest
  t.same(limitsOf(manifest, 'a', {}), { concurrent: 2, queued: 0 })
  t.same(limitsOf(manifest, 'a', { limits: { a: { queued: 5 } } }), { concurrent: 2, queued: 5 })
  t.same(limitsOf(manifest, 'a', { limits: { b: { queued: 5 } } }), { concurrent: 2, queued: 0 })
})
