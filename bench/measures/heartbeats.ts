/** The longest time between two heartbeats of which some part lies between `from` and `to`, in seconds. */
export function longestPause(heartbeats: readonly number[], from: number, to: number): number {
  const gaps = heartbeats.slice(1).flatMap((at, index) => {
    const before = heartbeats[index] ?? at
    return at >= from && before <= to ? [at - before] : []
  })
  return gaps.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...gaps) / 1000
}
