import { spawnSync } from 'node:child_process'
import type { Logger } from '@gururmm/plugin-sdk'

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
 * The encoding of Windows console programs that do not write UTF-8: the console's code page.
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
  const decoder = iconv.getDecoder(`cp${codePage}`)
  return { push: (bytes) => decoder.write(Buffer.from(bytes)), flush: () => decoder.end() ?? '' }
}

const UTF8_CODE_PAGE = 65001

/** The console's code page by number; null where `chcp` does not tell. */
export function consoleCodePage(run: () => string = runChcp): number | null {
  // "Active code page: 850", in the words of the system's language.
  const digits = /(\d+)\D*$/.exec(run())?.[1]
  return digits === undefined ? null : Number(digits)
}

function runChcp(): string {
  return spawnSync('chcp.com', { encoding: 'latin1', windowsHide: true, timeout: 10_000 }).stdout ?? ''
}
