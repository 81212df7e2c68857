import type { Part } from '../schemas.ts'
import { failure, type Row, type Sources } from '../sources.ts'
import { countOf, textOf } from '../values.ts'

type Device = NonNullable<Part<'disks'>['devices']>[number]
type Filesystem = NonNullable<Part<'disks'>['filesystems']>[number]

const LSBLK = ['--json', '--bytes', '--output', 'NAME,TYPE,SIZE,MODEL,SERIAL']
const WINDOWS_DEVICES = 'Get-CimInstance Win32_DiskDrive | Select-Object DeviceID, Size, Model, SerialNumber'
const WINDOWS_FILESYSTEMS =
  'Get-CimInstance Win32_LogicalDisk -Filter "DriveType=3" | Select-Object DeviceID, Size, FreeSpace'

/** Devices, and file systems with their room. */
export async function disks(sources: Sources): Promise<Part<'disks'>> {
  if (sources.platform === 'win32') {
    const devices = await sources.powershell(WINDOWS_DEVICES, (rows) => rows.map(windowsDevice))
    return {
      devices,
      filesystems: await sources.powershell(WINDOWS_FILESYSTEMS, (rows) => rows.map(windowsFilesystem)),
    }
  }
  const filesystems = await sources.program('df', ['-P', '-k'], parseDf)
  if (sources.platform === 'linux') return { devices: await sources.program('lsblk', LSBLK, parseLsblk), filesystems }
  sources.note('lsblk', 'PLATFORM_UNSUPPORTED', 'Devices are told on Linux and Windows only.')
  return { devices: null, filesystems }
}

/** The devices in `lsblk --json`, each behind the one it is part of. Old versions write sizes as text. */
export function parseLsblk(output: string): Device[] {
  const { blockdevices } = JSON.parse(output) as { blockdevices?: unknown }
  if (!Array.isArray(blockdevices)) throw failure('OUTPUT_INVALID', 'lsblk told of no devices at all.')
  return blockdevices.flatMap((device: Row) => flatten(device, null))
}

function flatten({ name, type, size, model, serial, children }: Row, parent: string | null): Device[] {
  const device = {
    name: String(name),
    type: textOf(type),
    size_bytes: countOf(size),
    model: textOf(model),
    serial: textOf(serial),
    parent,
  }
  const below = Array.isArray(children) ? children : []
  return [device, ...below.flatMap((child: Row) => flatten(child, device.name))]
}

/** The file systems in `df -P -k`, those without size (of the kernel's own) left out. A mount point may have blanks. */
export function parseDf(output: string): Filesystem[] {
  return output.split('\n').flatMap((line) => {
    const [, source, size, available, mount] = /^(\S.*?)\s+(\d+)\s+\d+\s+(-?\d+)\s+\S+%\s+(\/.*)$/.exec(line) ?? []
    if (source === undefined || mount === undefined || Number(size) === 0) return []
    // Below zero where only root may use what is left
    const room = Math.max(0, Number(available))
    return [{ source, mount, size_bytes: Number(size) * 1024, available_bytes: room * 1024 }]
  })
}

function windowsDevice({ DeviceID, Size, Model, SerialNumber }: Row): Device {
  const serial = textOf(SerialNumber)
  return { name: String(DeviceID), type: 'disk', size_bytes: countOf(Size), model: textOf(Model), serial, parent: null }
}

function windowsFilesystem({ DeviceID, Size, FreeSpace }: Row): Filesystem {
  const name = String(DeviceID)
  return { source: name, mount: `${name}\\`, size_bytes: countOf(Size) ?? 0, available_bytes: countOf(FreeSpace) ?? 0 }
}
