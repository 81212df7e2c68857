import type { Peer, PeerKind } from '../peers/peer.ts'
import type { Samples } from '../samples.ts'
import type { Sizes } from '../sizes.ts'
import { timeCommands } from './command.ts'

/** What every measure works with. */
export interface Bench {
  readonly sizes: Sizes
  readonly samples: Samples
  /** The agent first, then what it is told against. */
  readonly kinds: readonly PeerKind[]
  /** Tells a person who waits what is being done. */
  say(doing: string): void
}

/** The agent's default. */
export const USUAL_HEARTBEAT_SECONDS = 30

interface WithOptions {
  /** Default: {@link USUAL_HEARTBEAT_SECONDS}. */
  readonly heartbeatSeconds?: number
  /** Added to the environment of a peer. */
  env?(kind: PeerKind): Readonly<Record<string, string>>
}

/** Starts one of each kind, works with them, and stops them whatever happens. */
export async function withPeers(
  kinds: readonly PeerKind[],
  { heartbeatSeconds = USUAL_HEARTBEAT_SECONDS, env }: WithOptions,
  work: (peers: readonly (readonly [PeerKind, Peer])[]) => Promise<void>,
): Promise<void> {
  const peers: (readonly [PeerKind, Peer])[] = []
  try {
    for (const kind of kinds) peers.push([kind, await kind.start({ heartbeatSeconds, env: env?.(kind) ?? {} })])
    await work(peers)
  } finally {
    for (const [, peer] of peers) await peer.stop()
  }
}

/** Runs trivial commands and counts those that had no answer, or a wrong one. */
export async function runCommands(
  { samples }: Bench,
  [kind, peer]: readonly [PeerKind, Peer],
  total: number,
  inFlight: number,
): Promise<readonly number[]> {
  const times = await timeCommands(peer, total, inFlight)
  samples.add('lost', kind.name, [total - times.length])
  return times
}
