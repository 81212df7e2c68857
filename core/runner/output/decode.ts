import { isUtf8 } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import type { Logger } from '@gururmm/plugin-sdk'
import { systemProgram } from '../../windows/index.ts'

/** Turns bytes that come in pieces into text; what is not valid becomes U+FFFD. */
export interface Decoder {
  push(bytes: Uint8Array): string
  /** Whatever an unfinished character at the end turns into. */
  flush(): string
}

/** UTF-8. A byte order mark is kept: it is part of what was written. */
export function utf8Decoder(): Decoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return { push: (bytes) => decoder.decode(bytes, { stream: true }), flush: () => decoder.decode() }
}

/**
 * What Windows console programs write: old ones the console's code page, newer ones UTF-8 whatever the console says, and a command may
 * run both. So each line is looked at: what is valid UTF-8 is that, as text of a code page all but never is, and the rest is of the
 * code page.
 *
 * @param codePage as `chcp` reports it; null where that is unknown. A code page without a decoder is read as UTF-8, and the log says so.
 */
export async function codePageDecoder(codePage: number | null, logger: Logger): Promise<Decoder> {
  if (codePage === UTF8_CODE_PAGE) return utf8Decoder()
  // Only Windows machines with an old code page ever load it.
  const { default: iconv } = await import('iconv-lite')
  if (codePage === null || !iconv.encodingExists(`cp${codePage}`)) {
    logger.warn({ codePage }, 'no decoder for the console code page: output is read as UTF-8')
    return utf8Decoder()
  }
  return lineDecoder((line) => (isUtf8(line) ? line.toString('utf8') : iconv.decode(line, `cp${codePage}`)))
}

const UTF8_CODE_PAGE = 65001

const LINE_FEED = 0x0a

/** Without a line's end so much is taken for a line: what a program shows must not wait for ever. */
const MAX_LINE_BYTES = 65_536

/** Decodes whole lines. What is ASCII alone is the same in every encoding and does not wait for its line's end. */
function lineDecoder(decode: (line: Buffer) => string): Decoder {
  let held: Buffer = Buffer.alloc(0)
  const release = (length: number): string => {
    const lines = held.subarray(0, length)
    held = held.subarray(length)
    let text = ''
    for (let start = 0; start < lines.length; ) {
      const feed = lines.indexOf(LINE_FEED, start)
      const end = feed === -1 ? lines.length : feed + 1
      text += decode(lines.subarray(start, end))
      start = end
    }
    return text
  }
  return {
    push(bytes) {
      held = Buffer.concat([held, bytes])
      const whole = held.lastIndexOf(LINE_FEED) + 1
      const rest = held.subarray(whole)
      const lastAscii = rest.findLastIndex((byte) => byte < 0x80)
      // After an ASCII byte no character is open, be it one of its own or the second half of one.
      if (rest.length > MAX_LINE_BYTES) return release(lastAscii === -1 ? held.length : whole + lastAscii + 1)
      return release(rest.every((byte) => byte < 0x80) ? held.length : whole)
    },
    flush: () => release(held.length),
  }
}

/** The console's code page by number; null where neither `chcp` nor the registry tells. */
export function consoleCodePage(ask: (program: string, args: readonly string[]) => string = askSystem): number | null {
  // "Active code page: 850", in the words of the system's language; 0 without a console.
  const active = lastNumber(ask('chcp.com', []))
  if (active > 0) return active
  // What a new console of this machine gets: "OEMCP    REG_SZ    850".
  const standard = lastNumber(ask('reg.exe', ['query', CODE_PAGES, '/v', 'OEMCP']))
  return standard > 0 ? standard : null
}

const CODE_PAGES = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage'

function lastNumber(text: string): number {
  return Number(/(\d+)\D*$/.exec(text)?.[1] ?? 0)
}

function askSystem(program: string, args: readonly string[]): string {
  const options = { encoding: 'latin1', windowsHide: true, timeout: 10_000 } as const
  return spawnSync(systemProgram(program), args, options).stdout ?? ''
}
