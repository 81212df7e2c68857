/** One command as the probe saw it from inside the agent; all in ms. */
export interface Steps {
  /** From its frame's arrival to the start of its program: decoding, checks, limits, journal. */
  readonly before: number
  /** In the call that starts the program; nothing else moves meanwhile. */
  readonly spawn: number
  /** From there until the agent hears of the program's end. */
  readonly program: number
  /** From there until the result is handed to the socket: rest of the output, what is left of the run, journal. */
  readonly after: number
  /** Of all these: in calls that open, read, write or look at files and wait for them (cgroups, /proc). */
  readonly files: number
  /** Of all these: in waiting for a worker thread (journal). */
  readonly worker: number
}

/** Where the probe writes its list of {@link Steps}. */
export const PROFILE_FILE = 'BENCH_PROFILE_FILE'
