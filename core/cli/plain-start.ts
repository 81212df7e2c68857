import { parseArgs } from 'node:util'
import { type Call, type GlobalOptions, GRACE_SECONDS } from './verb.ts'

/**
 * Reads `start` with its options, if that is all there is. Of commander the agent would need nothing more, but hold it in memory for as
 * long as it runs: 5 of the 18 MB above a bare Node.
 *
 * @returns undefined for everything that commander has to look at, all mistakes among it.
 */
export function readPlainStart(argv: readonly string[]): Call | undefined {
  const [verb, ...args] = argv
  if (verb !== 'start') return undefined
  const read = parsed(args)
  const sets = read?.set?.map((text) => /^([^=]+)=(.*)$/s.exec(text))
  if (read === undefined || sets?.includes(null) || !/^\d+(\.\d+)?$/.test(read.grace)) return undefined
  const set = Object.fromEntries((sets ?? []).map((match) => [match?.[1] ?? '', match?.[2] ?? '']))
  const options: GlobalOptions & { grace: number } = {
    ...(read.config !== undefined && { config: read.config }),
    grace: Number(read.grace),
    set,
  }
  const opts = <T extends object>() => options as unknown as T
  return { name: () => verb, args: [], opts, optsWithGlobals: opts }
}

function parsed(args: readonly string[]) {
  try {
    const config = { type: 'string' } as const
    const set = { type: 'string', multiple: true } as const
    const grace = { type: 'string', default: String(GRACE_SECONDS) } as const
    return parseArgs({ args: [...args], options: { config, set, grace }, strict: true, allowPositionals: false }).values
  } catch {
    return undefined
  }
}
