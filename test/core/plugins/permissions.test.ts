import type { Permissions } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { grantPermissions, mayRun } from '../../../core/plugins/permissions.ts'

const MISSING = { code: 'PLUGIN_PERMISSION_MISSING' }

test('a shipped plugin that the operator did not narrow has what it asks for', async (t) => {
  const asked: Permissions = { programs: 'operator', read: ['/etc'], network: true, environment: ['LANG'] }
  t.same(grantPermissions('x', asked, undefined), {
    programs: 'all',
    read: ['/etc'],
    write: [],
    network: true,
    environment: ['LANG'],
  })
})

test('what is granted beyond what is asked for is not given', async (t) => {
  const granted = grantPermissions('x', { programs: ['a'] }, { programs: ['a', 'b'], network: true, read: ['/'] })
  t.same(granted, { programs: ['a'], read: [], write: [], network: false, environment: [] })
})

test('values that only the operator can name come from the grant', async (t) => {
  t.same(grantPermissions('x', { read: 'operator' }, { read: ['/srv'] }).read, ['/srv'])
  t.throws(() => grantPermissions('x', { read: 'operator' }, {}), MISSING)
  t.throws(() => grantPermissions('x', { read: 'operator' }, { read: 'operator' }), MISSING)
  t.throws(() => grantPermissions('x', { read: ['/srv'] }, { read: 'operator' }), MISSING)
})

test('a granted folder covers what is below it, and no twin beside it', async (t) => {
  const read = (asked: string, granted: string) => grantPermissions('x', { read: [asked] }, { read: [granted] }).read
  t.same(read('/srv/data/a', '/srv/data'), ['/srv/data/a'])
  t.same(read('/srv/data', '/srv/data/'), ['/srv/data'])
  for (const outside of ['/srv/data-evil', '/srv', '/srv/data/../other', '/']) {
    t.throws(() => read(outside, '/srv/data'), MISSING, outside)
  }
})

test('a program is allowed by the name or path it was granted by, and no other', async (t) => {
  const granted = grantPermissions('x', { programs: ['lsblk', '/usr/bin/df'] }, undefined)
  t.ok(mayRun(granted, 'lsblk'))
  t.ok(mayRun(granted, '/usr/bin/df'))
  for (const other of ['df', '/tmp/lsblk', './lsblk', 'sh', '']) t.notOk(mayRun(granted, other), other)
  t.ok(mayRun(grantPermissions('x', { programs: 'operator' }, undefined), 'anything'))
  t.notOk(mayRun(grantPermissions('x', {}, undefined), 'lsblk'))
})
