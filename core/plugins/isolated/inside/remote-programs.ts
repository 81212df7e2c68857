import {
  type CommandContext,
  CommandError,
  type Directory,
  type Run,
  type RunEnd,
  type RunOptions,
} from '@gururmm/plugin-sdk'
import type { Peer } from '../peer.ts'

/** Of a program's input, what goes to the host at once, in bytes. */
export const MAX_PIECE_BYTES = 262_144

type Stream = 'stdout' | 'stderr'

/** Programs and directories of one command, which the host starts and opens. */
export function remotePrograms(peer: Peer, of: number): Pick<CommandContext, 'run' | 'openDirectory'> {
  const directories = new WeakMap<Directory, number>()
  let runs = 0
  return {
    async openDirectory(path, within) {
      const opened = (await peer.call('openDirectory', { of, path, within })) as { directory: number; path: string }
      const directory: Directory = {
        path: opened.path,
        async close() {
          if (directories.delete(directory)) await peer.call('closeDirectory', { of, directory: opened.directory })
        },
      }
      directories.set(directory, opened.directory)
      return directory
    },
    run: (program, args, options = {}) =>
      remoteRun({ peer, of, run: ++runs }, { program, args }, options, (cwd) => directories.get(cwd)),
  }
}

/** How the host is told of one run. */
interface Line {
  readonly peer: Peer
  readonly of: number
  readonly run: number
}

function remoteRun(
  line: Line,
  what: { readonly program: string; readonly args: readonly string[] },
  options: RunOptions,
  directoryOf: (cwd: Directory) => number | undefined,
): Run {
  const { peer, of, run } = line
  const wanted = new Set<Stream>()
  const begun = Promise.withResolvers<void>()
  let started = false
  let writing: Promise<void> = begun.promise

  const start = async (): Promise<RunEnd> => {
    // The readers of its lines have to be there before its first output is
    await new Promise(setImmediate)
    started = true
    const called = peer.call('run', {
      of,
      run,
      ...what,
      options: encodeOptions(options, directoryOf),
      lines: [...wanted],
    })
    begun.resolve()
    return (await called) as RunEnd
  }
  const ended = observed(start().finally(begun.resolve))
  return {
    write(data) {
      const written = writing.then(() => writePieces(line, data))
      writing = written.catch(() => {})
      return observed(written)
    },
    end(data) {
      void writing.then(() => peer.note('end', { of, run, data }))
    },
    stop() {
      void begun.promise.then(() => peer.note('stopRun', { of, run }))
    },
    lines(stream) {
      if (started || wanted.has(stream)) throw new Error(`lines('${stream}') must be called once, right after run()`)
      wanted.add(stream)
      return pullLines(line, stream, begun.promise)
    },
    ended,
  }
}

/** One piece is on its way at a time: the host answers once the program takes more. */
async function writePieces({ peer, of, run }: Line, data: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(data as string)
  for (let from = 0; from === 0 || from < bytes.length; from += MAX_PIECE_BYTES) {
    const piece = bytes.subarray(from, from + MAX_PIECE_BYTES)
    await peer.call('write', { of, run, data: piece.toString('base64') })
  }
}

/** The next lines are asked for when the last ones were read, so a slow reader slows the program here as in the host. */
async function* pullLines({ peer, of, run }: Line, stream: Stream, begun: Promise<void>): AsyncGenerator<string, void> {
  let over = false
  try {
    await begun
    while (!over) {
      const batch = (await peer.call('lines', { of, run, stream })) as { lines: string[]; over: boolean }
      over = batch.over
      yield* batch.lines
    }
  } catch (error) {
    over = true
    throw error
  } finally {
    if (!over) peer.note('leaveLines', { of, run, stream })
  }
}

function encodeOptions(options: RunOptions, directoryOf: (cwd: Directory) => number | undefined): object {
  const { cwd } = options
  if (typeof cwd !== 'object') return options
  const directory = directoryOf(cwd)
  if (directory !== undefined) return { ...options, cwd: { directory } }
  const message = `The directory ${JSON.stringify(cwd.path)} is not open any more; open it again.`
  throw new CommandError('DIRECTORY_MISSING', message, { refused: true })
}

function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
