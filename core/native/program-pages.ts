import { readFileSync } from 'node:fs'
import { loadKoffi } from './koffi.ts'

interface Memory {
  advise(address: bigint, bytes: number, advice: number): number
  trim(kept: number): number
}

/** Linux, `MADV_DONTNEED`: the pages leave this process; the next touch brings one back, from the page cache or from the file. */
const DONT_NEED = 4

/**
 * Lets go of the files that are mapped into this process, and of what its allocator has free. A start touches 40 MiB of Node's own file
 * (V8's snapshot, the sources of modules, code that only a start runs), which count as this process's memory from then on, and which the
 * kernel takes back last when a machine runs short. What is used again comes back from the page cache at its first touch, 64 KiB at a
 * time. Nothing can be lost: only pages that are still as their file has them are let go.
 *
 * Does nothing on other systems, with another C library than glibc, and where koffi is not installed (`doctor` tells of these two), and where `/proc` cannot be read.
 */
export function releaseProgramPages(): void {
  if (process.platform !== 'linux') return
  try {
    const { advise, trim } = bindMemory()
    const mapped = unchangedFilePages(readFileSync('/proc/self/smaps', 'latin1'))
    for (const { address, bytes } of mapped) advise(address, bytes, DONT_NEED)
    trim(0)
  } catch {
    // The pages stay: an agent that takes more memory is no reason for it to end.
  }
}

/** What is mapped of files, can't be written, and never was: relocated tables are read-only as well, but differ from their file. */
export function unchangedFilePages(smaps: string): readonly { readonly address: bigint; readonly bytes: number }[] {
  const mapping =
    /^([\da-f]+)-([\da-f]+) r-[x-]p [\da-f]+ \S+ (?!0 )\d+ .*\n(?:(?![\da-f]+-)(?!Anonymous:).*\n)*Anonymous: +0 kB$/gm
  return [...smaps.matchAll(mapping)].map(([, start, end]) => {
    const address = BigInt(`0x${start}`)
    return { address, bytes: Number(BigInt(`0x${end}`) - address) }
  })
}

function bindMemory(): Memory {
  const library = loadKoffi('linux').load('libc.so.6')
  return {
    advise: library.func('int madvise(uintptr_t a, size_t b, int c)') as Memory['advise'],
    trim: library.func('int malloc_trim(size_t a)') as Memory['trim'],
  }
}
