import { test } from 'tap'
import { disks, parseDf, parseLsblk } from '../../../../examples/plugins/system-inventory/sections/disks.ts'
import { standInSources } from './stand-in-sources.ts'

test('devices are told each behind its parent, whether sizes are numbers or text', async (t) => {
  const partition = { name: 'sda1', type: 'part', size: '500', model: null, serial: null }
  const disk = { name: 'sda', type: 'disk', size: 1000, model: ' Fast One ', serial: 'S1', children: [partition] }
  t.same(parseLsblk(JSON.stringify({ blockdevices: [disk] })), [
    { name: 'sda', type: 'disk', size_bytes: 1000, model: 'Fast One', serial: 'S1', parent: null },
    { name: 'sda1', type: 'part', size_bytes: 500, model: null, serial: null, parent: 'sda' },
  ])
})

test('file systems are told with their room, also where names have blanks; those of the kernel are not', async (t) => {
  const output = [
    'Filesystem     1024-blocks      Used Available Capacity Mounted on',
    '/dev/sda1           1000       600       300      67% /',
    '//server/a share     2000       600       -10     100% /mnt/a disk',
    'proc                   0         0         0       -% /proc',
    '',
  ].join('\n')
  t.same(parseDf(output), [
    { source: '/dev/sda1', mount: '/', size_bytes: 1_024_000, available_bytes: 307_200 },
    { source: '//server/a share', mount: '/mnt/a disk', size_bytes: 2_048_000, available_bytes: 0 },
  ])
})

test('on Windows PowerShell tells of them', async (t) => {
  const { sources, notes } = standInSources('win32', {
    Win32_DiskDrive: [{ DeviceID: '\\\\.\\PHYSICALDRIVE0', Size: 100, Model: 'M', SerialNumber: ' 1 ' }],
    Win32_LogicalDisk: [{ DeviceID: 'C:', Size: 90, FreeSpace: 40 }],
  })
  t.same(await disks(sources), {
    devices: [{ name: '\\\\.\\PHYSICALDRIVE0', type: 'disk', size_bytes: 100, model: 'M', serial: '1', parent: null }],
    filesystems: [{ source: 'C:', mount: 'C:\\', size_bytes: 90, available_bytes: 40 }],
  })
  t.same(notes, [])
})

test('an answer that is none leaves a note, and the other part is told', async (t) => {
  const { sources, notes } = standInSources('linux', { lsblk: '{}', df: '/dev/a 1 0 1 0% /' })
  t.match(await disks(sources), { devices: null, filesystems: [{ source: '/dev/a' }] })
  t.same(notes, ['lsblk OUTPUT_INVALID'])
})
