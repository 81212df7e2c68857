import { readdirSync, readFileSync } from 'node:fs'
import type { Peer } from './peer.ts'

/** What a process may take beside its JavaScript heap: code, buffers, stacks. */
const MEGABYTES_BESIDE_HEAP = 256

export interface WatchOptions {
  readonly peer: Peer
  readonly pid: number | undefined
  readonly memoryMegabytes: number
  readonly tickMs: number
  readonly unresponsiveMs: number
  readonly kill: (cause: string) => void
}

/** Kills a process that does not answer any more, or takes more memory than it may. */
export function watchProcess(options: WatchOptions): { stop(): void } {
  const { peer, pid, tickMs, unresponsiveMs, kill } = options
  const most = (options.memoryMegabytes + MEGABYTES_BESIDE_HEAP) * 1_048_576
  let answeredAt = performance.now()
  let tickedAt = answeredAt
  let asking = false

  const tick = () => {
    const now = performance.now()
    // Where the agent itself stood still, the answer may just not be read yet
    if (now - tickedAt > tickMs * 2) answeredAt = now
    tickedAt = now
    if (now - answeredAt > unresponsiveMs) {
      return kill(`it did not answer for ${unresponsiveMs / 1000} seconds, most likely because of an endless loop`)
    }
    if (pid !== undefined && memoryOf(pid) > most) {
      return kill(
        `it took more than ${Math.round(most / 1_048_576)} MB of memory (its \`memoryMegabytes\` is ${options.memoryMegabytes})`,
      )
    }
    if (!asking) void ask()
  }
  const ask = async (): Promise<void> => {
    asking = true
    await peer.call('ping', {}).catch(() => {})
    answeredAt = performance.now()
    asking = false
  }
  const timer = setInterval(tick, tickMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** Resident bytes of a process and all below it (a sandbox has the plugin below its own process); 0 where that can't be told. */
function memoryOf(pid: number): number {
  if (process.platform !== 'linux') return 0
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return pages * PAGE_BYTES + childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), 0)
  } catch {
    return 0
  }
}

/** Node has no call that tells it; other sizes are found on few machines, and make the limit larger there. */
const PAGE_BYTES = 4096

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  })
}
