import type { Manifest } from '@gururmm/plugin-sdk'

/** The descriptor on which a plugin's process finds the line to the host. */
export const CHANNEL_FD = 3

/** The account a plugin's process goes over to before any of the plugin's code runs. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** What a plugin's process is told first. */
export interface OpenMessage {
  readonly manifest: Manifest
  readonly folder: string
  /** Null: the plugin's own copy. */
  readonly sdkUrl: string | null
  readonly dataDir: string
  readonly site: string
  readonly configDir: string
  readonly hookTimeoutSeconds: number
  /** Variables that are not for the plugin to see. */
  readonly hidden: readonly string[]
  /** Null: the one it was started with. */
  readonly account: Account | null
}
