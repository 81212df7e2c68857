import { setTimeout as delay } from 'node:timers/promises'
import type { Peer, PeerKind } from '../peers/peer.ts'
import { CAN_READ_MEMORY, forgetPeak, peakMiB, residentMiB } from '../process-memory.ts'
import { type Bench, runCommands, withPeers } from './bench.ts'
import { longestPause } from './heartbeats.ts'

const HEARTBEAT_SECONDS = 1
/** What the first commands load is not growth; by then an agent also keeps its memory small. */
const WARM_UP = 50
const SETTLE_MS = 8000

/** Far more commands at once than an agent takes: what they do to its memory and its heartbeats. Each is run or refused. */
export async function measureBurst(bench: Bench): Promise<void> {
  const { kinds, sizes, say } = bench
  say(`${sizes.burst} commands at once`)
  for (const kind of kinds.filter(({ measured }) => measured.includes('burst'))) {
    await withPeers([kind], { heartbeatSeconds: HEARTBEAT_SECONDS }, async ([peer]) => {
      if (peer !== undefined) await measureOne(bench, peer)
    })
  }
}

async function measureOne(bench: Bench, peer: readonly [PeerKind, Peer]): Promise<void> {
  const { samples, sizes } = bench
  const [{ name }, agent] = peer
  await runCommands(bench, peer, WARM_UP, 1)
  await delay(SETTLE_MS)
  const pids = agent.pids()
  const idle = CAN_READ_MEMORY ? residentMiB(pids) : Number.NaN
  if (CAN_READ_MEMORY) forgetPeak(pids)
  const startedAt = performance.now()
  const answers = await Promise.allSettled(Array.from({ length: sizes.burst }, () => agent.run('true')))
  const endedAt = performance.now()
  if (CAN_READ_MEMORY) samples.add('burst_growth', name, [peakMiB(pids) - idle])
  samples.add('lost', name, [answers.filter(({ status }) => status === 'rejected').length])
  if (agent.heartbeats === undefined) return
  await delay(2 * HEARTBEAT_SECONDS * 1000)
  samples.add('burst_late', name, [longestPause(agent.heartbeats(), startedAt, endedAt) - HEARTBEAT_SECONDS])
}
