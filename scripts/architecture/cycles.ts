import type { Source } from './imports.ts'
import { coreRoomOf, targetOf } from './rooms.ts'

type Graph = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Which room of core imports which; the value is a file that does. */
function roomGraph(sources: readonly Source[]): Graph {
  const graph = new Map<string, Map<string, string>>()
  for (const { file, imports } of sources) {
    const from = coreRoomOf(file)
    if (from === undefined) continue
    const edges = graph.get(from) ?? new Map<string, string>()
    graph.set(from, edges)
    for (const specifier of imports.filter((name) => name.startsWith('.'))) {
      const to = coreRoomOf(targetOf(file, specifier))
      if (to !== undefined && to !== from && !edges.has(to)) edges.set(to, file)
    }
  }
  return graph
}

/** The shortest way from `start` back to itself; undefined where there is none. */
function wayBack(graph: Graph, start: string): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]]
  const seen = new Set<string>()
  for (const way of ways) {
    for (const next of graph.get(way.at(-1) ?? '')?.keys() ?? []) {
      if (next === start) return [...way, start]
      if (seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}

/** One sentence for each circle of rooms of core that import each other, with a file for each step. */
export function roomCycles(sources: readonly Source[]): readonly string[] {
  const graph = roomGraph(sources)
  const told = new Map<string, string>()
  for (const room of [...graph.keys()].sort()) {
    const way = wayBack(graph, room)
    if (way === undefined) continue
    const key = [...new Set(way)].sort().join(' ')
    const steps = way.slice(1).map((to, index) => graph.get(way[index] ?? '')?.get(to))
    if (!told.has(key)) told.set(key, `rooms import each other in a circle: ${way.join(' → ')} (${steps.join(', ')})`)
  }
  return [...told.values()]
}
