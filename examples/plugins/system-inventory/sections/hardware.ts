import { arch, cpus, freemem, totalmem } from 'node:os'
import type { Part } from '../schemas.ts'
import type { Sources } from '../sources.ts'
import { textOf } from '../values.ts'

const DMI = '/sys/class/dmi/id'

/** Maker and model come from the firmware's table, or WMI; the rest from Node.js. */
export async function hardware(sources: Sources): Promise<Part<'hardware'>> {
  const processors = cpus()
  const available = sources.platform === 'linux' ? await sources.file('/proc/meminfo', parseAvailable) : null
  return {
    ...(await makerOf(sources)),
    architecture: arch(),
    processor: textOf(processors[0]?.model),
    logical_processors: processors.length,
    memory_bytes: totalmem(),
    memory_available_bytes: available ?? freemem(),
  }
}

async function makerOf(sources: Sources): Promise<{ vendor: string | null; model: string | null }> {
  if (sources.platform === 'win32') {
    const script = 'Get-CimInstance Win32_ComputerSystem | Select-Object Manufacturer, Model'
    const row = await sources.powershell(script, ([first]) => first ?? null)
    return { vendor: textOf(row?.Manufacturer), model: textOf(row?.Model) }
  }
  if (sources.platform !== 'linux') {
    sources.note('maker', 'PLATFORM_UNSUPPORTED', 'Maker and model are told on Linux and Windows only.')
    return { vendor: null, model: null }
  }
  const vendor = await sources.file(`${DMI}/sys_vendor`, textOf)
  return { vendor, model: await sources.file(`${DMI}/product_name`, textOf) }
}

/** What programs could have, which is more than what is free: caches give way. Null where an old kernel does not tell. */
export function parseAvailable(text: string): number | null {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return kibibytes === undefined ? null : Number(kibibytes) * 1024
}
