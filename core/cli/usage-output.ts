import type { OutputConfiguration } from 'commander'

/** commander's errors under the name of this program, as all its others are. */
export const USAGE_OUTPUT: OutputConfiguration = {
  outputError: (text, write) => write(text.replace(/^error:/, 'gururmm-agent:')),
}
