import { write as writeCallback, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const write = promisify(writeCallback)

/** Where lines go. */
export interface LogDestination {
  write(line: string): void
  /** Writes what is held, as far as it goes without waiting; for a process that ends now. Never throws. */
  flush(): void
  /** Resolves when all is written or lost. */
  close(): Promise<void>
}

/** What may wait for a slow disk or pipe, in UTF-16 units; lines beyond it are lost: a stuck reader must not stop or fill the agent. */
const MAX_WAITING = 4_194_304

/** How long a line waits for others, ms: each write wakes a thread, and a command's line comes just before its result goes out. */
const GATHER_MS = 10

/** Before what could not be taken yet is offered again, in ms. */
const RETRY_MS = 50

/**
 * Writes lines to a descriptor in the background. A failure (a full disk, a reader that has gone) costs lines, never the agent; how
 * many is written once writing works again.
 *
 * By hand, because pino's own stream repeats a failed write for ever when the process ends: an agent on a full disk would never exit.
 *
 * @param afterBatch told how many bytes were written since it was last called; answers the descriptor to go on with.
 */
export function writeInBackground(
  descriptor: number,
  afterBatch: (bytes: number) => number = () => descriptor,
): LogDestination {
  let target = descriptor
  let held: Held = { texts: [], size: 0, lines: 0 }
  let lost = 0
  let work: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  function take(): Held {
    const taken = held
    held = { texts: [], size: 0, lines: 0 }
    return taken
  }

  function drain(): void {
    clearTimeout(timer)
    timer = undefined
    work ??= writeHeld().finally(() => {
      work = undefined
      drainSoon()
    })
  }

  // Holds up no exit: what is held then is written by it.
  function drainSoon(): void {
    if (held.lines > 0 && work === undefined) timer ??= setTimeout(drain, GATHER_MS).unref()
  }

  async function writeHeld(): Promise<void> {
    const { texts, lines } = take()
    const bytes = Buffer.from(texts.join(''))
    if (await writeAll(target, bytes)) target = afterBatch(bytes.length)
    else lost += lines
  }

  const flush = () => writeAllNow(target, Buffer.from(take().texts.join('')))
  process.on('exit', flush)
  return {
    write(line) {
      if (held.size + line.length > MAX_WAITING) {
        lost++
        return
      }
      if (lost > 0) hold(held, lostLine(lost), lost)
      lost = 0
      hold(held, line, 1)
      drainSoon()
    },
    flush,
    async close() {
      process.off('exit', flush)
      while (held.lines > 0 || work !== undefined) {
        drain()
        await work
      }
    },
  }
}

/** What waits to be written. */
interface Held {
  readonly texts: string[]
  size: number
  /** How many lines of the log the texts stand for. */
  lines: number
}

function hold(held: Held, text: string, lines: number): void {
  held.texts.push(text)
  held.size += text.length
  held.lines += lines
}

/** Whether all went out. */
async function writeAll(descriptor: number, bytes: Buffer): Promise<boolean> {
  let done = 0
  while (done < bytes.length) {
    try {
      done += (await write(descriptor, bytes, done)).bytesWritten
    } catch (error) {
      if (!isBusy(error)) return false
      await delay(RETRY_MS)
    }
  }
  return true
}

function writeAllNow(descriptor: number, bytes: Buffer): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
  } catch {
    // There is no time left, and nobody to tell
  }
}

/** A pipe that does not block is full. */
function isBusy(error: unknown): boolean {
  return ['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function lostLine(lines: number): string {
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: 'log lines were lost', lines })}\n`
}
