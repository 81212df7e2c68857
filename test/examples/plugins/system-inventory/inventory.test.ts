import { hostname, totalmem } from 'node:os'
import { test } from 'tap'
import { testExample } from '../example-plugins.ts'

interface Data {
  readonly sections: Readonly<Record<string, unknown>>
  readonly notes: readonly { readonly section: string; readonly source: string; readonly code: string }[]
}

test('takes all sections of this machine, with news of each', async (t) => {
  const plugin = await testExample(t, 'system-inventory')
  const result = await plugin.run('system_inventory', {}, { timeoutSeconds: 100 })
  t.match(result, {
    exitCode: 0,
    data: {
      taken_at: /^\d{4}-.*Z$/,
      sections: {
        hardware: { memory_bytes: totalmem(), logical_processors: Number },
        os: { hostname: hostname(), platform: process.platform },
        network: { interfaces: Array },
      },
    },
  })
  t.match(
    result.progress.map(({ data }) => data),
    ['hardware', 'os', 'disks', 'network', 'packages'].map((section, done) => ({ section, done, of: 5 })),
  )
  // What a machine lacks is noted, never left out in silence
  const { sections, notes } = result.data as Data
  const explained = new Set(notes.map(({ section }) => section))
  for (const section of ['disks', 'packages']) t.ok(section in sections || explained.has(section), section)
})

test('takes only what is asked for', async (t) => {
  const plugin = await testExample(t, 'system-inventory')
  const { data } = await plugin.run('system_inventory', { sections: ['network', 'os'] })
  t.same(Object.keys((data as Data).sections), ['os', 'network'])
  t.same((data as Data).notes, [])
})

test('a section that the operator left out is refused, and is none of all', async (t) => {
  const plugin = await testExample(t, 'system-inventory', { config: { sections: ['os', 'network'] } })
  t.match(await plugin.run('system_inventory', { sections: ['os', 'packages'] }), {
    exitCode: -1,
    failure: { code: 'SYSTEM_INVENTORY_SECTION_CLOSED', rule: 'plugins.system_inventory.config.sections' },
  })
  const { data } = await plugin.run('system_inventory', {})
  t.same(Object.keys((data as Data).sections), ['os', 'network'])
})

test('programs that are not granted leave a note each, and nothing is made up', async (t) => {
  const plugin = await testExample(t, 'system-inventory', {
    grants: {
      read: ['/proc', '/sys/class/dmi/id', '/sys/devices/virtual/dmi/id', '/etc/os-release', '/usr/lib/os-release'],
      programs: [],
    },
  })
  const result = await plugin.run('system_inventory', { sections: ['disks', 'packages'] })
  t.match(result, { exitCode: 0 })
  const { sections, notes } = result.data as Data
  t.same(sections, { disks: { devices: null, filesystems: null } })
  t.same(
    notes.map(({ section, source, code }) => [section, source, code]),
    [
      ['disks', 'df', 'PROGRAM_NOT_ALLOWED'],
      ['disks', 'lsblk', 'PROGRAM_NOT_ALLOWED'],
      ['packages', 'dpkg-query', 'PROGRAM_NOT_ALLOWED'],
      ['packages', 'rpm', 'PROGRAM_NOT_ALLOWED'],
    ],
  )
})

test('sections and numbers that are none are refused', async (t) => {
  const plugin = await testExample(t, 'system-inventory')
  for (const input of [{ sections: ['users'] }, { sections: [] }, { max_packages: -1 }, { other: 1 }]) {
    t.match(await plugin.run('system_inventory', input), { failure: { code: 'COMMAND_INPUT_INVALID' } })
  }
})
