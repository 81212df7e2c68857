import type { StreamName } from '../dispatch/contract.ts'
import type { KeptOutput, Spool, SpoolOptions } from './contract.ts'
import { createSpoolDisk, readRange } from './disk.ts'
import { keyOf } from './names.ts'
import { RunningOutput } from './running-output.ts'
import { Shelf, type Volume } from './shelf.ts'

const MAINTAIN_MS = 600_000
/** How long closing waits for the disk, in ms. */
const CLOSE_MS = 10_000

/**
 * Opens the spool. Nothing is awaited: the files of earlier processes are looked for meanwhile.
 *
 * Output goes to a file when it is 64 KiB or a second old; no file is made for less. Writes are not synced: files outlive the agent, but
 * not always the machine.
 *
 * @param disk where work with files takes its turns; tests give their own.
 */
export function createSpool(options: SpoolOptions, disk = createSpoolDisk()): Spool {
  const shelf = new Shelf(options)
  const running = new Map<string, RunningOutput>()
  const maintain = (): Promise<void> =>
    shelf.ready
      .then(() => shelf.maintain())
      .catch((error: unknown) => options.logger.warn({ err: error }, 'the spool could not be tidied'))
  const timer = setInterval(maintain, MAINTAIN_MS).unref()
  void maintain()

  return {
    open(id) {
      const key = keyOf(id)
      const parts = { id, key, shelf, disk, commandBytes: options.limits.spoolCommandBytes, logger: options.logger }
      const onSettled = (): void => {
        if (running.get(key) === output) running.delete(key)
      }
      const output: RunningOutput = new RunningOutput({ ...parts, onSettled })
      running.set(key, output)
      return output
    },
    acknowledged(id) {
      const key = keyOf(id)
      const output = running.get(key)
      if (output !== undefined) output.acknowledged()
      else void shelf.ready.then(() => shelf.acknowledge(key))
    },
    async find(id) {
      const key = keyOf(id)
      await shelf.ready
      const output = running.get(key)
      if (output !== undefined) return output
      const volume = shelf.get(key)
      return volume && keptOf(shelf, volume)
    },
    maintain,
    async close() {
      clearInterval(timer)
      await within(CLOSE_MS, Promise.all([...running.values()].map((output) => output.settled)))
    },
  }
}

function keptOf(shelf: Shelf, { key, bytes, total }: Volume): KeptOutput {
  const kept = (stream: StreamName): number => bytes[stream] ?? 0
  return {
    running: false,
    total: (stream) => total?.[stream] ?? null,
    kept,
    read: (stream, offset, length) =>
      readRange(shelf.pathOf(key, stream), offset, Math.min(length, Math.max(0, kept(stream) - offset))),
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}
