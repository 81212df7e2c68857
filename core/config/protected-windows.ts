import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { systemProgram } from '../windows/index.ts'

/** Who may write, by SID or its short form: Administrators, the system, TrustedInstaller; and owners, as far as they inherit. */
const TRUSTED = [
  'BA',
  'SY',
  'CO',
  'S-1-5-32-544',
  'S-1-5-18',
  'S-1-3-0',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
]

/** Rights that let one change a file, a folder or what is in it, in letters and as bits. */
const WRITING = ['GA', 'GW', 'FA', 'FW', 'WD', 'WO', 'SD', 'CC', 'DC', 'LC', 'SW', 'WP', 'DT'] as const
const WRITING_BITS = 0x0002 | 0x0004 | 0x0010 | 0x0040 | 0x0100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000

/** As `findUnprotected`, by the access lists of the file and its folder. Who owns them can't be had this way. */
export async function findUnprotectedOnWindows(path: string): Promise<string | undefined> {
  for (const each of [path, dirname(path)]) {
    const writers = writersOf(await accessListOf(each))
    if (writers.length === 0) continue
    const who = writers.join(', ')
    return `${each} can be written by others than Administrators and the system (${who}); take that from them with \`icacls\``
  }
  return undefined
}

/** In a form that does not depend on the system's language. */
async function accessListOf(path: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gururmm-acl-'))
  try {
    const saved = join(folder, 'acl')
    await promisify(execFile)(systemProgram('icacls.exe'), [path, '/save', saved, '/q'], { windowsHide: true })
    return await readFile(saved, 'utf16le')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The SIDs that an access list lets write, other than those that may.
 *
 * @param sddl as `icacls /save` writes it: names and lists, line by line.
 */
export function writersOf(sddl: string): readonly string[] {
  const entries = [...sddl.matchAll(/\((X?A);([^;]*);([^;]*);[^;]*;[^;]*;([^;)]*)[;)]/g)]
  const list = /D:/.test(sddl)
  // No list at all lets everybody do everything
  if (!list) return ['everyone']
  const writing = entries.filter(([, , flags = '', rights = '']) => !flags.includes('IO') && canWrite(rights))
  return [...new Set(writing.map(([, , , , sid = '']) => sid).filter((sid) => !TRUSTED.includes(sid)))]
}

function canWrite(rights: string): boolean {
  if (/^0x/i.test(rights)) return (Number(rights) & WRITING_BITS) !== 0
  const letters = rights.match(/../g) ?? []
  return letters.some((right) => (WRITING as readonly string[]).includes(right))
}
