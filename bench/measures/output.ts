import { setTimeout as delay } from 'node:timers/promises'
import type { Peer, PeerKind } from '../peers/peer.ts'
import { CAN_READ_MEMORY, forgetPeak, peakMiB, residentMiB } from '../process-memory.ts'
import { type Bench, runCommands, withPeers } from './bench.ts'
import { longestPause } from './heartbeats.ts'

/** Often enough that one falls into the output, seldom enough that a server that is busy for a moment is not taken for dead. */
const HEARTBEAT_SECONDS = 1

const SETTLE_MS = 2000
const LINE = 'x'.repeat(63)

/** One command that writes a lot: how long it takes, how much memory that takes above idle, and whether heartbeats go on. */
export async function measureOutput(bench: Bench): Promise<void> {
  const { kinds, sizes, say } = bench
  say(`${sizes.output.bytes / 1e6} MB of output`)
  for (let round = 0; round < sizes.output.rounds; round++) {
    for (const kind of kinds.filter(({ measured }) => measured.includes('output'))) {
      // A new one each time, for the peak is told against one that was idle.
      await withPeers([kind], { heartbeatSeconds: HEARTBEAT_SECONDS }, async ([peer]) => {
        if (peer !== undefined) await measureOne(bench, peer)
      })
    }
  }
}

async function measureOne(bench: Bench, peer: readonly [PeerKind, Peer]): Promise<void> {
  const { samples, sizes } = bench
  const [{ name }, agent] = peer
  await runCommands(bench, peer, 1, 1)
  await delay(SETTLE_MS)
  const pids = agent.pids()
  const idle = CAN_READ_MEMORY ? residentMiB(pids) : Number.NaN
  if (CAN_READ_MEMORY) forgetPeak(pids)
  const startedAt = performance.now()
  const answer = await agent.run(`yes ${LINE} | head -c ${sizes.output.bytes}`)
  const endedAt = performance.now()
  if (CAN_READ_MEMORY) samples.add('output_peak', name, [peakMiB(pids) - idle])
  samples.add('output_seconds', name, [(endedAt - startedAt) / 1000])
  samples.add('lost', name, [answer.bytes === sizes.output.bytes ? 0 : 1])
  if (agent.heartbeats !== undefined) {
    await delay(2 * HEARTBEAT_SECONDS * 1000)
    samples.add('heartbeat_late', name, [longestPause(agent.heartbeats(), startedAt, endedAt) - HEARTBEAT_SECONDS])
  }
}
