import { test } from 'tap'
import { hardware, parseAvailable } from '../../../../examples/plugins/system-inventory/sections/hardware.ts'
import {
  operatingSystem,
  parseOsRelease,
} from '../../../../examples/plugins/system-inventory/sections/operating-system.ts'
import { standInSources } from './stand-in-sources.ts'

test('maker, model and memory are told from the firmware’s table and the kernel', async (t) => {
  const { sources, notes } = standInSources('linux', {
    '/sys/class/dmi/id/sys_vendor': 'Acme\n',
    '/sys/class/dmi/id/product_name': '\n',
    '/proc/meminfo': 'MemTotal: 100 kB\nMemAvailable:   40 kB\n',
  })
  t.match(await hardware(sources), { vendor: 'Acme', model: null, memory_available_bytes: 40_960 })
  t.same(notes, [])
  t.equal(parseAvailable('MemFree: 1 kB'), null)
})

test('a machine without such a table has a note and no maker', async (t) => {
  const { sources, notes } = standInSources('linux', { '/proc/meminfo': 'MemAvailable: 1 kB' })
  t.match(await hardware(sources), { vendor: null, model: null })
  t.same(notes, ['/sys/class/dmi/id/sys_vendor SPAWN_FAILED', '/sys/class/dmi/id/product_name SPAWN_FAILED'])
})

test('on Windows PowerShell tells maker and model', async (t) => {
  const { sources } = standInSources('win32', { Win32_ComputerSystem: [{ Manufacturer: 'Acme', Model: 'Tower' }] })
  t.match(await hardware(sources), { vendor: 'Acme', model: 'Tower' })
})

test('the system’s name is told as its file quotes it', async (t) => {
  const { sources } = standInSources('linux', { '/etc/os-release': 'NAME=X\nPRETTY_NAME="X \\"1\\""\nVERSION_ID=1\n' })
  t.match(await operatingSystem(sources), { name: 'X "1"', version: '1' })
  t.same(parseOsRelease("NAME='Only'\n"), { name: 'Only', version: null })
})
