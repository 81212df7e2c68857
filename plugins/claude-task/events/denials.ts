import type { Denial } from '../schemas.ts'
import type { ToolUse } from './event.ts'

/** More denials than this are only counted: a run can have thousands, a result must stay readable. */
export const MAX_DENIALS = 50

/** The tool uses of one run that were denied, each told once though the CLI tells it twice. */
export interface Denials {
  /** False where this one is known already. */
  add(use: ToolUse, reason: string | null): boolean
  read(): { readonly denials: readonly Denial[]; readonly denialsLeftOut: number }
}

export function makeDenials(): Denials {
  const known = new Set<string>()
  const denials: Denial[] = []
  let denialsLeftOut = 0
  return {
    add({ id, tool, target }, reason) {
      if (id !== '' && known.has(id)) return false
      known.add(id)
      if (denials.length < MAX_DENIALS) denials.push({ tool, target, reason })
      else denialsLeftOut += 1
      return true
    },
    read: () => ({ denials: [...denials], denialsLeftOut }),
  }
}
