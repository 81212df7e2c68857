import type { Logger } from '@gururmm/plugin-sdk'
import type { OutputStore, StreamName } from '../dispatch/contract.ts'

export interface SpoolLimits {
  /** All files together, in bytes. 0: nothing is kept. */
  readonly spoolBytes: number
  /** Both streams of one command together, in bytes. */
  readonly spoolCommandBytes: number
  /** How long files are kept. */
  readonly resultDays: number
}

export interface SpoolOptions {
  /** The spool's own folder; made when the first file is. */
  readonly directory: string
  readonly limits: SpoolLimits
  readonly logger: Logger
  /** When the files of earlier processes are looked for; what is asked of them waits. Default: at once. */
  readonly scanAfter?: Promise<void>
  /** Bytes of the file system that are left to others. Default: a tenth of it, 64 MiB at most. */
  readonly reserveBytes?: number
}

/** What is kept of one command. */
export interface KeptOutput {
  /** More may come. */
  readonly running: boolean
  /** Bytes that the stream had until now; null where only the process that ran the command knew. */
  total(stream: StreamName): number | null
  /** The stream's first so many bytes can be read. */
  kept(stream: StreamName): number
  /**
   * At most `length` bytes from `offset` on; fewer where they lie in two places.
   *
   * @throws what the file system says.
   */
  read(stream: StreamName, offset: number, length: number): Promise<Buffer>
}

/** The output of commands on the disk, beyond what their results hold. */
export interface Spool extends OutputStore {
  /** Undefined: nothing is kept of it. */
  find(id: string): Promise<KeptOutput | undefined>
  /** Removes what is too old, and gives way where the disk is nearly full; it also happens by itself, every ten minutes. */
  maintain(): Promise<void>
  /** Writes what waits. */
  close(): Promise<void>
}
