import type { OperatorLimits } from '@gururmm/plugin-sdk'

type Tree = Readonly<Record<string, unknown>>

/** Of these the larger is the narrower: the same count in a longer window. */
const LARGER_IS_NARROWER: ReadonlySet<string> = new Set(['windowSeconds'])

/** What both allow, number by number. A limit that only one of them has stands as it is. */
export function narrowLimits(limits: OperatorLimits, by: OperatorLimits): OperatorLimits {
  return narrowTree(limits as Tree, by as Tree)
}

/** A number of a limit that allows more than it may. */
export interface Widening {
  /** Dotted, e.g. `rate.count`. */
  readonly path: string
  readonly allowed: number
  readonly found: number
}

/** The first number of `wanted` that allows more than `limits` does; undefined: it only narrows. */
export function findWidening(limits: OperatorLimits, wanted: OperatorLimits): Widening | undefined {
  return wideningOf(limits as Tree, wanted as Tree, '')
}

function narrowTree(one: Tree, other: Tree): Tree {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return Object.fromEntries(
    keys
      .filter((key) => (own(one, key) ?? own(other, key)) !== undefined)
      .map((key) => [key, narrower(key, one, other)]),
  )
}

function narrower(key: string, one: Tree, other: Tree): unknown {
  const [a, b] = [own(one, key), own(other, key)]
  if (a === undefined || b === undefined) return a ?? b
  if (typeof a === 'number' && typeof b === 'number') {
    return LARGER_IS_NARROWER.has(key) ? Math.max(a, b) : Math.min(a, b)
  }
  return narrowTree(a as Tree, b as Tree)
}

function wideningOf(limits: Tree, wanted: Tree, above: string): Widening | undefined {
  for (const key of Object.keys(wanted)) {
    const [allowed, found] = [own(limits, key), own(wanted, key)]
    const path = `${above}${key}`
    if (allowed === undefined || found === undefined) continue
    if (typeof allowed !== 'number' || typeof found !== 'number') {
      const inside = wideningOf(allowed as Tree, found as Tree, `${path}.`)
      if (inside !== undefined) return inside
    } else if (LARGER_IS_NARROWER.has(key) ? found < allowed : found > allowed) return { path, allowed, found }
  }
  return undefined
}

function own(tree: Tree, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined
}
