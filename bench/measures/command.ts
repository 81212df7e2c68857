import type { Peer } from '../peers/peer.ts'

let issued = 0

/**
 * Runs a trivial command, different each time so that its answer is known to be its own.
 *
 * @returns how long it took in ms; null where the answer was wrong or did not come.
 */
export async function timeCommand(peer: Peer): Promise<number | null> {
  const word = `bench-${++issued}`
  const startedAt = performance.now()
  const answer = await peer.run(`echo ${word}`).catch((error: Error) => error)
  const ms = performance.now() - startedAt
  if (!(answer instanceof Error) && answer.stdout === `${word}\n` && !answer.exitCode) return ms
  const found = answer instanceof Error ? answer.message : JSON.stringify(answer)
  process.stderr.write(`bench: \`echo ${word}\` was not answered as it should: ${found.slice(0, 300)}\n`)
  return null
}

/** Runs trivial commands, so many at once. Answers how long each took; those that were lost are left out. */
export async function timeCommands(peer: Peer, total: number, inFlight: number): Promise<readonly number[]> {
  const times: number[] = []
  let started = 0
  const work = async (): Promise<void> => {
    while (started < total) {
      started++
      const ms = await timeCommand(peer)
      if (ms !== null) times.push(ms)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  return times
}
