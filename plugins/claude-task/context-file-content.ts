import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises'
import { CommandError } from '@gururmm/plugin-sdk'
import { quoted } from './quote.ts'

/** What a context file holds. */
export interface FileContent {
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
  /** Null where it was larger than asked for, or is text in an encoding that cannot be told. */
  readonly text: string | null
}

/** Where a zero byte makes a file binary: git's rule. Finer ones take logs in Windows-1252 or Shift JIS for binary. */
const SAMPLE_BYTES = 8000

/**
 * Opens a regular file once and reads it to its end: what is digested is what is given.
 *
 * @param path canonical; a file swapped since is refused.
 * @param asked the name to speak of it by.
 * @param limits `maxBytes`: larger files are refused; `keepBytes`: of larger ones only size and digest are told.
 * @throws CommandError `CONTEXT_FILE_MISSING`, `CONTEXT_FILE_INVALID`, `CONTEXT_FILE_OUTSIDE`, `CONTEXT_FILE_TOO_LARGE`,
 *   `CONTEXT_FILE_BINARY`; all refused.
 */
export async function readContextFile(
  path: string,
  asked: string,
  limits: { readonly maxBytes: number; readonly keepBytes: number },
): Promise<FileContent> {
  // A pipe would hold the opening up until somebody writes to it.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)
  const file = await open(path, flags).catch((error: unknown) => {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw refusal(
      'CONTEXT_FILE_MISSING',
      `The context file ${quoted(asked)} cannot be opened (${reason}): check its name and who may read it.`,
      error,
    )
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) {
      throw refusal(
        'CONTEXT_FILE_INVALID',
        `The context file ${quoted(asked)} is not a regular file: name a file, not a directory or device.`,
      )
    }
    if (!(await isStill(file, path, found))) {
      throw refusal(
        'CONTEXT_FILE_OUTSIDE',
        `The context file ${quoted(asked)} was moved while it was checked: send the task again.`,
      )
    }
    if (found.size > limits.maxBytes) throw tooLarge(asked, found.size, limits.maxBytes)
    return await readWhole(file, asked, limits)
  } finally {
    await file.close()
  }
}

/**
 * Whether what was opened is what lies at `path`: between the look and the opening a folder may have become a link that leads elsewhere.
 * Linux tells where an open file lies; elsewhere two looks at the path have to do, which a quick enough swap can deceive.
 */
async function isStill(file: FileHandle, path: string, found: Stats): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/self/fd/${file.fd}`)) === path
  const now = await stat(path).catch(() => null)
  return now !== null && now.ino === found.ino && now.dev === found.dev && (await realpath(path)) === path
}

async function readWhole(
  file: FileHandle,
  asked: string,
  limits: { maxBytes: number; keepBytes: number },
): Promise<FileContent> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let sample = Buffer.alloc(0)
  let bytes = 0
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // A log grows while it is read.
    if (bytes > limits.maxBytes) throw tooLarge(asked, bytes, limits.maxBytes)
    hash.update(chunk)
    if (sample.length < SAMPLE_BYTES) sample = Buffer.concat([sample, chunk.subarray(0, SAMPLE_BYTES - sample.length)])
    if (bytes <= limits.keepBytes) kept.push(chunk)
    else kept.length = 0
  }
  if (utf16Of(sample) === null && sample.includes(0)) throw notText(asked, bytes)
  return { bytes, sha256: hash.digest('hex'), text: bytes > limits.keepBytes ? null : textOf(Buffer.concat(kept)) }
}

/** Null for text in an encoding that the bytes do not tell, such as Windows-1252: Claude's own tools then read it. */
function textOf(content: Buffer): string | null {
  try {
    const text = new TextDecoder(utf16Of(content) ?? 'utf-8', { fatal: true }).decode(content)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

/** Windows writes many of its logs so, with a byte order mark. */
function utf16Of(content: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le'
  return content[0] === 0xfe && content[1] === 0xff ? 'utf-16be' : null
}

function notText(asked: string, bytes: number): CommandError {
  return refusal(
    'CONTEXT_FILE_BINARY',
    `The context file ${quoted(asked)} (${bytes} bytes) is not text: name a text file, or one made from it.`,
  )
}

function tooLarge(asked: string, found: number, most: number): CommandError {
  return new CommandError(
    'CONTEXT_FILE_TOO_LARGE',
    `The context file ${quoted(asked)} has ${found} bytes and at most ${most} are allowed: name a smaller part of it.`,
    { refused: true, rule: 'plugins.claude_task.config.security.maxContextFileBytes' },
  )
}

function refusal(code: string, message: string, cause?: unknown): CommandError {
  return new CommandError(code, message, { refused: true, cause })
}
