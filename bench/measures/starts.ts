import { spawnSync } from 'node:child_process'
import { type Bench, USUAL_HEARTBEAT_SECONDS } from './bench.ts'

/** From the start of a process to the `auth` it sends; in turn with `node -e 0`, the least any program on Node takes. */
export async function measureStarts({ kinds, samples, sizes, say }: Bench): Promise<void> {
  say(`${sizes.starts} starts of each`)
  const dialling = kinds.filter(({ measured }) => measured.includes('starts'))
  const start = async (kind: (typeof kinds)[number], env: Record<string, string> = {}): Promise<number> => {
    const peer = await kind.start({ heartbeatSeconds: USUAL_HEARTBEAT_SECONDS, env, again: true })
    await peer.stop()
    return peer.connectedMs ?? Number.NaN
  }
  // The first start compiles the bundle and sets up its data; both are kept for the next, at the latest at its end.
  for (const kind of dialling) await start(kind)
  for (let round = 0; round < sizes.starts; round++) {
    samples.add('node_start', 'node', [nodeStartMs()])
    for (const kind of dialling) {
      samples.add('start', kind.name, [await start(kind)])
      if (kind.measured.includes('cachedStarts'))
        samples.add('start_uncached', kind.name, [await start(kind, { NODE_DISABLE_COMPILE_CACHE: '1' })])
    }
  }
}

function nodeStartMs(): number {
  const startedAt = performance.now()
  spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' })
  return performance.now() - startedAt
}
