/** What a code means and what helps. `exitCode` is what a result carries with it, where it ends a command. */
export interface ErrorCodeEntry {
  readonly exitCode?: -1 | 1 | 124
  readonly meaning: string
  readonly remedy: string
}
