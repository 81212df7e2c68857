import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { isolatedHostOf } from '../../helpers/isolated-host.ts'
import { type PartialSettings, runOn, type TestHost } from '../../helpers/plugin-host.ts'
import { scratchFolder } from './example-plugins.ts'
import { standIn } from './service-control/stand-in.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url))
const RE2JS = join(dirname(fileURLToPath(import.meta.resolve('re2js'))), '..')
const READ = ['/proc', '/sys/class/dmi/id', '/sys/devices/virtual/dmi/id', '/etc/os-release', '/usr/lib/os-release']

/** An example in a process of its own, from a folder as an operator would have it: with its packages, readable to all. */
async function isolated(t: Test, name: string, settings: PartialSettings): Promise<TestHost> {
  const folder = mkdtempSync(join(tmpdir(), 'gururmm-example-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  cpSync(join(EXAMPLES, name), folder, { recursive: true })
  if (name === 'log-search') cpSync(RE2JS, join(folder, 'node_modules/re2js'), { recursive: true })
  const host = isolatedHostOf(t, { [name.replaceAll('-', '_')]: { use: folder, ...settings } })
  await host.ready
  t.match(host.list(), [{ state: 'enabled', reason: null, shipped: false }])
  return host
}

test('system_inventory takes all sections from a process of its own', async (t) => {
  const host = await isolated(t, 'system-inventory', {
    permissions: { read: READ, programs: ['lsblk', 'df', 'dpkg-query', 'rpm', 'powershell.exe'] },
  })
  const result = await runOn(host, 'system_inventory', { max_packages: 5 })
  t.match(result, { exitCode: 0, data: { sections: { hardware: Object, os: Object, network: Object } } })
  // Machines without firmware tables, as many virtual ones, have only that to note
  const { notes } = result.data as { notes: readonly { source: string; code: string }[] }
  t.same(
    notes.filter(({ source }) => !source.startsWith('/sys/class/dmi/')),
    [],
  )
  t.ok(notes.every(({ code }) => code === 'FILE_WITHHELD'))
})

test('system_inventory tells what it may not run', async (t) => {
  const host = await isolated(t, 'system-inventory', { permissions: { read: READ, programs: ['df'] } })
  t.match(await runOn(host, 'system_inventory', { sections: ['disks'] }), {
    exitCode: 0,
    data: {
      sections: { disks: { devices: null, filesystems: Array } },
      notes: [{ source: 'lsblk', code: 'PROGRAM_NOT_ALLOWED' }],
    },
  })
})

test('log_search reads what it is granted from a process of its own, and nothing else', async (t) => {
  const granted = scratchFolder(t)
  const other = scratchFolder(t)
  for (const folder of [granted, other]) {
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'a.log'), 'first\nthe needle\n')
  }
  symlinkSync(other, join(granted, 'way-out'))
  const host = await isolated(t, 'log-search', {
    config: { folders: [granted, other] },
    permissions: { read: [granted] },
  })
  t.match(await runOn(host, 'log_search', { pattern: 'n.*le', mode: 'regex', context_lines: 1 }), {
    exitCode: 0,
    data: {
      matches: [{ file: join(granted, 'a.log'), text: 'the needle', before: ['first'] }],
      skipped: [
        { path: join(granted, 'way-out'), reason: 'link' },
        { path: other, reason: 'outside' },
      ],
    },
  })
  t.match(await runOn(host, 'log_search', { pattern: 'root', folder: '/etc' }), {
    exitCode: -1,
    failure: { code: 'DIRECTORY_OUTSIDE' },
  })
})

test('service_control asks its one program from a process of its own', async (t) => {
  const { program } = standIn(t, 'systemctl')
  const host = await isolated(t, 'service-control', {
    config: { program, restartable: ['nginx'] },
    permissions: { programs: [program] },
  })
  t.match(await runOn(host, 'service_list', {}), { exitCode: 0, data: { services: { length: 2 } } })
  t.match(await runOn(host, 'service_restart', { name: 'nginx' }), { exitCode: 0 })
  t.match(await runOn(host, 'service_restart', { name: 'app-one' }), {
    exitCode: -1,
    failure: { code: 'SERVICE_CONTROL_NOT_ALLOWED' },
  })
})
