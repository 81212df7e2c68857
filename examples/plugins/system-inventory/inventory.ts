import { CommandError, type Outcome } from '@gururmm/plugin-sdk'
import { type Inventory, type InventoryInput, type Note, SECTIONS, type Section, type Sections } from './schemas.ts'
import { disks } from './sections/disks.ts'
import { hardware } from './sections/hardware.ts'
import { network } from './sections/network.ts'
import { operatingSystem } from './sections/operating-system.ts'
import { packages } from './sections/packages.ts'
import { type Context, type Sources, sourcesOf } from './sources.ts'

type Taker<S extends Section> = (sources: Sources, input: InventoryInput) => Promise<Sections[S] | null>

const TAKERS: { readonly [S in Section]: Taker<S> } = {
  hardware,
  os: operatingSystem,
  disks,
  network,
  packages: (sources, { max_packages }) => packages(sources, max_packages),
}

/** Handles a `system_inventory` command: one section after the other, with news of each. */
export async function takeInventory(input: InventoryInput, ctx: Context): Promise<Outcome<Inventory>> {
  const wanted = wantedSections(input, ctx)
  const notes: Note[] = []
  const sections: Record<string, unknown> = {}
  for (const [done, section] of wanted.entries()) {
    ctx.signal.throwIfAborted()
    ctx.progress({ section, done, of: wanted.length })
    const sources = sourcesOf(ctx, (source, code, message) => notes.push({ section, source, code, message }))
    const found = await TAKERS[section](sources, input)
    if (found !== null) sections[section] = found
  }
  ctx.progress({ done: wanted.length, of: wanted.length })
  return { data: { taken_at: new Date().toISOString(), sections: sections as Sections, notes } }
}

/** @throws CommandError `SYSTEM_INVENTORY_SECTION_CLOSED`, refused. */
function wantedSections({ sections }: InventoryInput, { config }: Context): readonly Section[] {
  const open: readonly Section[] = config.sections
  const closed = sections?.find((section) => !open.includes(section))
  if (closed !== undefined) {
    const message = `The section ${closed} may not be asked for on this machine; ask for one of ${open.join(', ') || 'none'}, or let the operator add it.`
    throw new CommandError('SYSTEM_INVENTORY_SECTION_CLOSED', message, {
      refused: true,
      rule: 'plugins.system_inventory.config.sections',
    })
  }
  return SECTIONS.filter((section) => (sections ?? open).includes(section))
}
