import type { Manifest } from '@gururmm/plugin-sdk'
import t from 'tap'
import { grantsFor, isCovered, openQuestions, permissionLines } from '../../../core/author/grants.ts'

const ASKED = { read: 'operator', programs: ['df', 'lsblk'], network: true, environment: ['LANG'] } as const

function manifestWith(more: Partial<Manifest>): Manifest {
  const commands = { acme: { description: 'Does.', schemas: { input: { type: 'object' } } } } as const
  return {
    apiVersion: 1,
    name: 'acme',
    version: '1.0.0',
    entry: './a.js',
    permissions: {},
    configSchema: { type: 'object' },
    commands,
    ...more,
  }
}

t.test('what is asked for is told a line for each thing', async (t) => {
  t.strictSame(permissionLines(ASKED), [
    'reads what you list in `permissions.read`',
    'starts df',
    'starts lsblk',
    'opens network connections',
    "sees the agent's variable LANG",
  ])
  t.strictSame(permissionLines({}), [])
})

t.test('granted is what is asked for and no more; what only the operator names begins empty and stays', async (t) => {
  const first = grantsFor(ASKED)
  t.strictSame(first, { read: [], programs: ['df', 'lsblk'], network: true, environment: ['LANG'] })
  t.strictSame(grantsFor(ASKED, { read: ['/var/log'], write: ['/tmp'] }), { ...first, read: ['/var/log'] })
  t.strictSame(grantsFor({}, { network: true }), {})
  t.equal(isCovered(manifestWith({ permissions: ASKED }), first), true)
  t.equal(isCovered(manifestWith({ permissions: ASKED }), { ...first, network: false }), false)
})

t.test('what the operator still has to say is named', async (t) => {
  const configSchema = { type: 'object', required: ['a', 'b', 'c'], properties: { b: { default: 1 }, c: {} } } as const
  const manifest = manifestWith({ permissions: ASKED, configSchema })
  t.strictSame(openQuestions(manifest, { c: 1 }, grantsFor(ASKED)), ['config.a', 'permissions.read'])
  t.strictSame(openQuestions(manifest, { a: 1, c: 1 }, grantsFor(ASKED, { read: ['/x'] })), [])
})
