import { setTimeout as delay } from 'node:timers/promises'
import { CAN_READ_MEMORY, residentMiB } from '../process-memory.ts'
import { type Bench, runCommands, withPeers } from './bench.ts'

/** Commands before any is timed: code is compiled, connections are warm. */
const WARM_UP = 30

/** Idle memory, then latency and throughput, all peers side by side and in turn: A B C, A B C, … */
export async function measureCommands(bench: Bench): Promise<void> {
  const { kinds, samples, sizes, say } = bench
  const { latency, lone, throughput } = sizes
  await withPeers(kinds, {}, async (peers) => {
    say(`idle for ${sizes.idleSeconds} s`)
    await delay(sizes.idleSeconds * 1000)
    for (const [kind, peer] of peers) {
      if (CAN_READ_MEMORY) samples.add('idle', kind.name, [residentMiB(peer.pids())])
    }
    for (const peer of peers) await runCommands(bench, peer, WARM_UP, 1)
    say(`${latency.rounds * latency.commands} commands, one at a time`)
    for (let round = 0; round < latency.rounds; round++) {
      for (const peer of peers) {
        samples.add('latency', peer[0].name, await runCommands(bench, peer, latency.commands, 1))
      }
    }
    say(`${lone.commands} commands, each after ${lone.pauseMs} ms`)
    for (let each = 0; each < lone.commands; each++) {
      for (const peer of peers) {
        await delay(lone.pauseMs)
        samples.add('lone', peer[0].name, await runCommands(bench, peer, 1, 1))
      }
    }
    say(`${throughput.rounds * throughput.commands} commands, ${throughput.inFlight} in flight`)
    for (let round = 0; round < throughput.rounds; round++) {
      for (const peer of peers) {
        const startedAt = performance.now()
        await runCommands(bench, peer, throughput.commands, throughput.inFlight)
        samples.add('throughput', peer[0].name, [throughput.commands / ((performance.now() - startedAt) / 1000)])
      }
    }
  })
}
