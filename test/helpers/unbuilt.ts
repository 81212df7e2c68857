import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')

/** Arguments with which Node.js runs this repository's code unbuilt: what is tested is what is on the disk. */
export const UNBUILT = ['--conditions=gururmm-source'] as const

/** The command line unbuilt, as arguments of Node.js. */
export const UNBUILT_CLI: readonly string[] = [...UNBUILT, path.join(ROOT, 'core/cli/main.ts')]

/** For the environment of what runs unbuilt: half of a short run is reading TypeScript, which is the same each time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: path.join(ROOT, '.tap/compile-cache') } as const
