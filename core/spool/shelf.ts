import { chmod, mkdir, readdir, stat, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@gururmm/plugin-sdk'
import { STREAMS, type StreamName } from '../dispatch/contract.ts'
import type { SpoolOptions } from './contract.ts'
import { pathOf, readName } from './names.ts'

const DAY_MS = 86_400_000
/** What a file takes however little is in it. */
const LEAST_BYTES = 4096
const MOST_RESERVE = 64 * 1024 * 1024
/** The file system is asked for its free space once in so many bytes. */
const CHECK_EVERY_BYTES = 4 * 1024 * 1024
const FILE_MODE = 0o600
/** Read-only: the server has the result. The mark lies with the file, so that no second record of it can be wrong. */
const ACKNOWLEDGED_MODE = 0o400

/** The files of one command. */
export interface Volume {
  readonly key: string
  /** Of the files, by stream; absent: there is none. */
  readonly bytes: Partial<Record<StreamName, number>>
  /** How long the streams were, where this process ran the command. */
  total?: Readonly<Record<StreamName, number>>
  running: boolean
  acknowledged: boolean
}

/**
 * Which files there are, and which go first where room is needed: those whose results the server has, oldest first, then the others,
 * oldest first. Files of running commands stay.
 */
export class Shelf {
  /** Resolves when the files of earlier processes are known. */
  readonly ready: Promise<void>
  readonly #directory: string
  readonly #options: SpoolOptions
  readonly #logger: Logger
  /** Oldest first. */
  readonly #volumes = new Map<string, Volume>()
  #used = 0
  #untilCheck = 0
  #made = false
  #scanned = false

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#directory = options.directory
    this.#logger = options.logger
    this.ready = options.scanAfter === undefined ? this.#scan() : options.scanAfter.then(() => this.#scan())
  }

  get(key: string): Volume | undefined {
    return this.#volumes.get(key)
  }

  /** False: there is surely nothing of it. */
  mayHold(key: string): boolean {
    return !this.#scanned || this.#volumes.has(key)
  }

  pathOf(key: string, stream: StreamName): string {
    return pathOf(this.#directory, key, stream)
  }

  /** Begins the record of a running command's files. */
  async add(key: string): Promise<Volume> {
    await this.remove(key)
    if (!this.#made) await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    this.#made = true
    const volume: Volume = { key, bytes: {}, running: true, acknowledged: false }
    this.#volumes.set(key, volume)
    return volume
  }

  /** Counts bytes that are about to be written, after making room for them. @returns false where there is none. */
  async reserve(volume: Volume, stream: StreamName, bytes: number): Promise<boolean> {
    const before = volume.bytes[stream]
    const growth = occupied((before ?? 0) + bytes) - (before === undefined ? 0 : occupied(before))
    while (this.#used + growth > this.#options.limits.spoolBytes) if (!(await this.#evict(() => true))) return false
    this.#untilCheck -= bytes
    if (this.#untilCheck <= 0 && !(await this.#giveWay())) return false
    volume.bytes[stream] = (before ?? 0) + bytes
    this.#used += growth
    return true
  }

  async acknowledge(key: string): Promise<void> {
    const volume = this.#volumes.get(key)
    if (volume === undefined || volume.acknowledged) return
    volume.acknowledged = true
    for (const stream of STREAMS) {
      if (volume.bytes[stream] !== undefined) await this.#quietly(chmod(this.pathOf(key, stream), ACKNOWLEDGED_MODE))
    }
  }

  async remove(key: string): Promise<void> {
    const volume = this.#volumes.get(key)
    if (volume === undefined) return
    this.#volumes.delete(key)
    for (const stream of STREAMS) {
      const bytes = volume.bytes[stream]
      if (bytes === undefined) continue
      this.#used -= occupied(bytes)
      await this.#quietly(unlink(this.pathOf(key, stream)))
    }
  }

  /** Removes what was last written before `resultDays`, and gives way where the disk is nearly full. */
  async maintain(): Promise<void> {
    const oldest = Date.now() - this.#options.limits.resultDays * DAY_MS
    for (const { key, running, bytes } of [...this.#volumes.values()]) {
      const [stream] = STREAMS.filter((each) => bytes[each] !== undefined)
      if (running || stream === undefined) continue
      const { mtimeMs } = await stat(this.pathOf(key, stream)).catch(() => ({ mtimeMs: 0 }))
      if (mtimeMs < oldest) await this.remove(key)
    }
    if (this.#volumes.size > 0) await this.#giveWay()
  }

  /** Leaves room on the disk to others. @returns false where there is none for us. */
  async #giveWay(): Promise<boolean> {
    this.#untilCheck = CHECK_EVERY_BYTES
    for (;;) {
      const { bavail, blocks, bsize } = await statfs(this.#directory)
      const reserve = this.#options.reserveBytes ?? Math.min(MOST_RESERVE, (blocks * bsize) / 10)
      if (bavail * bsize >= reserve) return true
      this.#untilCheck = 0
      if (!(await this.#evict(({ acknowledged }) => acknowledged))) return false
    }
  }

  /** Removes the volume that goes first, among those that may. @returns false where none may. */
  async #evict(may: (volume: Volume) => boolean): Promise<boolean> {
    const ended = [...this.#volumes.values()].filter((volume) => !volume.running && may(volume))
    const first = ended.find(({ acknowledged }) => acknowledged) ?? ended[0]
    if (first === undefined) return false
    await this.remove(first.key)
    this.#logger.debug({ file: first.key }, 'output of an earlier command was removed to make room')
    return true
  }

  async #scan(): Promise<void> {
    try {
      const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      const found: { volume: Volume; at: number }[] = []
      for (const name of names) await this.#find(name, found)
      const added = [...this.#volumes]
      this.#volumes.clear()
      for (const { volume } of found.sort((a, b) => a.at - b.at)) this.#volumes.set(volume.key, volume)
      for (const [key, volume] of added) this.#volumes.set(key, volume)
      this.#scanned = true
    } catch (error) {
      this.#logger.warn({ err: error }, 'the spool folder cannot be read; output that it holds is not found')
    }
  }

  async #find(name: string, found: { volume: Volume; at: number }[]): Promise<void> {
    const file = readName(name)
    if (file === undefined || this.#volumes.has(file.key)) return
    const { size, mode, mtimeMs } = await stat(join(this.#directory, name))
    const known = found.find(({ volume }) => volume.key === file.key)
    const volume: Volume = known?.volume ?? { key: file.key, bytes: {}, running: false, acknowledged: false }
    volume.bytes[file.stream] = size
    volume.acknowledged = (mode & FILE_MODE) === ACKNOWLEDGED_MODE
    this.#used += occupied(size)
    if (known === undefined) found.push({ volume, at: mtimeMs })
  }

  /** A file that is gone, or can't be removed now, is no reason to fail. */
  async #quietly(work: Promise<void>): Promise<void> {
    await work.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.#logger.debug({ err: error }, 'a file of the spool could not be changed')
    })
  }
}

function occupied(bytes: number): number {
  return Math.ceil(bytes / LEAST_BYTES) * LEAST_BYTES
}
