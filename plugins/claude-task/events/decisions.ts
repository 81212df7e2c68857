import type { Decision, Denial } from '../schemas.ts'
import type { ToolUse } from './event.ts'

/** More than these are only counted: a run can have thousands, a result must stay readable. */
export const MAX_DECISIONS = 200
export const MAX_DENIALS = 50

/** How a tool use was decided, and by whom. */
export type ToolVerdict = Pick<Decision, 'decision' | 'rule' | 'by'> & {
  /** Why, as a sentence; null where nobody said. */
  readonly why: string | null
}

/** The tool uses of one run, each with its one decision. */
export interface Decisions {
  /** Remembers what a call is on, for who decides about it by its id alone. */
  seen(use: ToolUse): void
  /** The first decision about a use stands. Gives the use, completed; null where it repeats one. */
  add(use: ToolUse, verdict: ToolVerdict): ToolUse | null
  has(id: string): boolean
  /** Uses that were seen and not decided about, oldest first. */
  open(): readonly ToolUse[]
  read(): DecisionsRead
}

/** All that was decided, as far as it is kept. */
export interface DecisionsRead {
  readonly decisions: readonly Decision[]
  readonly decisionsLeftOut: number
  readonly denials: readonly Denial[]
  readonly denialsLeftOut: number
}

export function makeDecisions(): Decisions {
  const undecided = new Map<string, ToolUse>()
  const decided = new Set<string>()
  const decisions: Decision[] = []
  const denials: Denial[] = []
  const leftOut = { decisions: 0, denials: 0 }

  function keep({ tool, target }: ToolUse, { decision, rule, by, why }: ToolVerdict): void {
    if (decisions.length < MAX_DECISIONS) decisions.push({ tool, target, decision, rule, by })
    else leftOut.decisions += 1
    if (decision === 'allow') return
    if (denials.length < MAX_DENIALS) denials.push({ tool, target, reason: why })
    else leftOut.denials += 1
  }

  return {
    seen(use) {
      if (!decided.has(use.id)) undecided.set(use.id, use)
    },
    add(use, verdict) {
      if (use.id !== '' && decided.has(use.id)) return null
      const known = undecided.get(use.id)
      const { id } = use
      const complete = { id, tool: known?.tool ?? use.tool, target: use.target ?? known?.target ?? null }
      undecided.delete(use.id)
      decided.add(use.id)
      keep(complete, verdict)
      return complete
    },
    has: (id) => decided.has(id),
    open: () => [...undecided.values()],
    read: () => ({
      decisions: [...decisions],
      decisionsLeftOut: leftOut.decisions,
      denials: [...denials],
      denialsLeftOut: leftOut.denials,
    }),
  }
}
