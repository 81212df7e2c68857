import { readFile } from 'node:fs/promises'
import type { CommandContext } from '@gururmm/plugin-sdk'
import type { InventoryConfig } from './schemas.ts'

export type Context = CommandContext<InventoryConfig>

/** Where a section's facts come from. What a source can't give is null, with a note of why; nothing is guessed. */
export interface Sources {
  readonly platform: NodeJS.Platform
  /** What a program writes, read by `parse`. */
  program<T>(name: string, args: readonly string[], parse: (output: string) => T): Promise<T | null>
  /** What a PowerShell script writes as JSON, always as a list. */
  powershell<T>(script: string, parse: (rows: readonly Row[]) => T): Promise<T | null>
  /** A file's text. */
  file<T>(path: string, parse: (text: string) => T): Promise<T | null>
  readonly note: NoteTaker
  /** The same sources, whose notes go elsewhere. */
  holdNotes(take: NoteTaker): Sources
}

/** Takes down why a source gave nothing. */
export type NoteTaker = (source: string, code: string, message: string) => void

/** An object of unknown properties. */
export type Row = Readonly<Record<string, unknown>>

/** Most that is kept of what a program writes, in UTF-16 units. */
const MAX_OUTPUT = 16_777_216

/** The sources of a command. */
export function sourcesOf(ctx: Context, note: NoteTaker, platform: NodeJS.Platform = process.platform): Sources {
  const attempt = async <T>(source: string, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read()
    } catch (error) {
      // The command is over; a note would be about that and not about the source
      ctx.signal.throwIfAborted()
      note(source, codeOf(error), error instanceof Error ? error.message : String(error))
      return null
    }
  }
  const program = <T>(name: string, args: readonly string[], parse: (output: string) => T) =>
    attempt(name, async () => parse(await outputOf(name, args, ctx)))
  return {
    platform,
    note,
    holdNotes: (take) => sourcesOf(ctx, take, platform),
    program,
    powershell: (script, parse) =>
      program('powershell.exe', powershellArguments(script), (output) => parse(rowsOf(output))),
    file: (path, parse) => attempt(path, async () => parse(await textAt(path))),
  }
}

/** Node.js withholds paths that were not granted, and those granted that were not there when the plugin was started. */
async function textAt(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ERR_ACCESS_DENIED') throw error
    throw failure('FILE_WITHHELD', `${path} does not exist, or is not granted in \`permissions.read\`.`)
  }
}

async function outputOf(name: string, args: readonly string[], ctx: Context): Promise<string> {
  // Programs speak the language of whoever asks; ours is fixed
  const run = ctx.run(name, args, {
    output: 'plugin',
    env: { LC_ALL: 'C' },
    idleTimeoutSeconds: ctx.config.programSeconds,
  })
  run.end()
  const [output, complaint, end] = await Promise.all([
    gather(run.lines('stdout')),
    gather(run.lines('stderr')),
    run.ended,
  ])
  if (end.endedBy === 'idle') throw failure('PROGRAM_SILENT', `${name} was silent for too long and was given up.`)
  if (end.exitCode !== 0) {
    const how = end.exitCode === null ? `by ${end.signal}` : `with exit code ${end.exitCode}`
    throw failure('PROGRAM_FAILED', `${name} ended ${how}: ${complaint.trim().slice(0, 300)}`)
  }
  return output
}

async function gather(lines: AsyncIterable<string>): Promise<string> {
  const gathered: string[] = []
  let length = 0
  for await (const line of lines) {
    length += line.length + 1
    if (length > MAX_OUTPUT) throw failure('OUTPUT_TOO_LARGE', 'The program wrote more than 16 MiB.')
    gathered.push(line)
  }
  return gathered.join('\n')
}

function powershellArguments(script: string): readonly string[] {
  const preamble =
    "$ErrorActionPreference = 'Stop'; [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false; "
  return ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', `${preamble}${script} | ConvertTo-Json -Compress`]
}

/** `ConvertTo-Json` writes nothing for none, an object for one, an array for more. */
function rowsOf(output: string): readonly Row[] {
  return output.trim() === '' ? [] : ([JSON.parse(output)].flat() as readonly Row[])
}

function codeOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'OUTPUT_INVALID'
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'OUTPUT_INVALID'
}

/** An error with a code, for a note. */
export function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
