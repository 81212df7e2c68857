import { test } from 'tap'
import { packages } from '../../../../examples/plugins/system-inventory/sections/packages.ts'
import { standInSources } from './stand-in-sources.ts'

test('dpkg’s packages are told by name, those that were removed are not, and the count is of all', async (t) => {
  const { sources, notes } = standInSources('linux', {
    'dpkg-query': 'ii \tzlib\t1.3\tamd64\nrc \told\t1\tall\nhi \tbash\t5.2\tamd64\n',
  })
  t.same(await packages(sources, 1), {
    manager: 'dpkg',
    count: 2,
    packages: [{ name: 'bash', version: '5.2', architecture: 'amd64' }],
  })
  t.same(notes, [])
})

test('where dpkg is missing rpm is asked, and nothing is noted', async (t) => {
  const { sources, notes } = standInSources('linux', { rpm: 'bash\t5.2-1\tx86_64\ngpg-pubkey\t1-1\t(none)\n' })
  t.match(await packages(sources, 10), { manager: 'rpm', count: 1, packages: [{ name: 'bash', version: '5.2-1' }] })
  t.same(notes, [])
})

test('where neither answers both are noted', async (t) => {
  const { sources, notes } = standInSources('linux', {})
  t.equal(await packages(sources, 10), null)
  t.same(notes, ['dpkg-query SPAWN_FAILED', 'rpm SPAWN_FAILED'])
})

test('on Windows what installers registered is told', async (t) => {
  const { sources } = standInSources('win32', {
    Uninstall: [{ DisplayName: 'Editor', DisplayVersion: '2.0' }, { DisplayName: 'Archiver' }],
  })
  t.match(await packages(sources, 10), {
    manager: 'windows',
    count: 2,
    packages: [
      { name: 'Archiver', version: null },
      { name: 'Editor', version: '2.0' },
    ],
  })
})

test('a platform that is not known is noted', async (t) => {
  const { sources, notes } = standInSources('darwin', {})
  t.equal(await packages(sources, 10), null)
  t.same(notes, ['packages PLATFORM_UNSUPPORTED'])
})
