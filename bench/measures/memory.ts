import { setTimeout as delay } from 'node:timers/promises'
import { CAN_READ_MEMORY, residentMiB } from '../process-memory.ts'
import { type Bench, runCommands, withPeers } from './bench.ts'

/** Buffers of the last commands go back meanwhile. */
const SETTLE_MS = 3000

/** Resident memory after few and after many commands: an agent that grows from one to the other leaks. */
export async function measureMemory(bench: Bench): Promise<void> {
  const { kinds, samples, sizes, say } = bench
  if (!CAN_READ_MEMORY) return
  const [first, last] = sizes.memoryAfter
  const { inFlight } = sizes.throughput
  for (const kind of kinds.filter(({ measured }) => measured.includes('memory'))) {
    say(`${last} commands by ${kind.name}`)
    await withPeers([kind], {}, async ([peer]) => {
      if (peer === undefined) return
      const read = async (): Promise<readonly number[]> => {
        await delay(SETTLE_MS)
        return [residentMiB(peer[1].pids())]
      }
      await runCommands(bench, peer, first, inFlight)
      samples.add('memory_first', kind.name, await read())
      await runCommands(bench, peer, last - first, inFlight)
      samples.add('memory_last', kind.name, await read())
    })
  }
}
