import { test } from 'tap'
import { uncheckedConfig } from '../../../core/plugins/settings.ts'

const secret = { type: 'string', format: 'secret-file' }
const schema = {
  type: 'object',
  properties: {
    tokenFile: { type: ['string', 'null'], format: 'secret-file' },
    smtp: { type: 'object', properties: { passwordFile: secret, host: { type: 'string' } } },
    accounts: { type: 'array', items: { type: 'object', properties: { keyFile: secret } } },
    byName: { type: 'object', additionalProperties: secret },
    either: { anyOf: [{ type: 'null' }, secret] },
    defaulted: { ...secret, default: '/etc/shadow' },
    folder: { type: 'string', format: 'path' },
  },
} as const

test('secret files are found where the schema marks them and the operator names them', async (t) => {
  const config = {
    tokenFile: './token',
    smtp: { passwordFile: '/abs', host: 'mail' },
    accounts: [{ keyFile: 'a' }, { keyFile: '' }],
    byName: { 'x.y': 'b' },
    either: 'c',
    folder: '/root',
    unknown: '/etc/passwd',
  }
  const { values, secretFiles } = uncheckedConfig('p', schema, config, '/conf')
  t.equal(values, config, 'unchecked, as it is')
  t.match(Object.fromEntries(secretFiles), {
    tokenFile: '/conf/token',
    'smtp.passwordFile': '/abs',
    'accounts[0].keyFile': '/conf/a',
    either: '/conf/c',
  })
  t.equal(secretFiles.size, 5)
  t.notOk([...secretFiles.values()].includes('/etc/shadow'), 'a default names no file of the host')
})

test('a schema or config nested without end costs nothing', async (t) => {
  let deep: Record<string, unknown> = { type: 'string', format: 'secret-file' }
  let config: unknown = 'x'
  for (let n = 0; n < 5000; n++) {
    deep = { type: 'object', properties: { a: deep }, anyOf: [deep, deep] }
    config = { a: config }
  }
  t.equal(uncheckedConfig('p', deep as { type: 'object' }, config as object, '/conf').secretFiles.size, 0)
})
