import { type FileSecurity, readSecurity } from './security.ts'

/** May have everything anyway: SYSTEM, Administrators, the built-in Administrator, TrustedInstaller. */
const TRUSTED = new Set([
  ...['SY', 'S-1-5-18', 'BA', 'S-1-5-32-544', 'LA'],
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
  // Stand for the owner, who is looked at by himself.
  ...['CO', 'S-1-3-0', 'OW', 'S-1-3-4'],
])

/** Common ones by name; all others are told by their identifier. */
const NAMES: Readonly<Record<string, string>> = {
  WD: 'Everyone',
  'S-1-1-0': 'Everyone',
  BU: 'Users',
  'S-1-5-32-545': 'Users',
  AU: 'Authenticated Users',
  'S-1-5-11': 'Authenticated Users',
  IU: 'INTERACTIVE',
  BG: 'Guests',
}

/** Rights by their letters, as far as they let somebody read or change the file; the others only look at it or run it. */
const RIGHTS: Readonly<Record<string, number>> = {
  ...{ CC: 0x1, DC: 0x2, LC: 0x4, DT: 0x40, SD: 0x10000, WD: 0x40000, WO: 0x80000 },
  ...{ GA: 0x10000000, GW: 0x40000000, GR: 0x80000000, FA: 0x1f01ff, FR: 0x120089, FW: 0x120116 },
}
const READ_OR_CHANGE = 0x1 | 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000 | 0x80000000

/**
 * Who else than the agent's account, SYSTEM and Administrators owns, may read or may change a file, in words that follow "a file that";
 * null where nobody does.
 */
export function accessProblem({ sddl, ownSid }: FileSecurity): string | null {
  const { owner, list } = parts(sddl)
  const isTrusted = (sid: string): boolean => TRUSTED.has(sid) || sid === ownSid
  if (!isTrusted(owner)) return `belongs to ${nameOf(owner)}`
  // No list at all: everybody may do everything.
  if (list === null || list.includes('NO_ACCESS_CONTROL')) return 'Everyone may use'
  // Type, flags, rights, two identifiers of objects, who; perhaps a condition, which is taken for fulfilled.
  const others = [...list.matchAll(/\((\w+);(\w*);(\w*);[^;()]*;[^;()]*;([\w-]*)[;)]/g)].flatMap((entry) => {
    const [, type = '', flags = '', rights = '', sid = ''] = entry
    const allows = /^(A|XA|OA|ZA)$/.test(type) && !flags.match(/../g)?.includes('IO')
    return allows && !isTrusted(sid) && (maskOf(rights) & READ_OR_CHANGE) !== 0 ? [nameOf(sid)] : []
  })
  return others.length === 0 ? null : `${[...new Set(others)].join(', ')} may use`
}

/**
 * {@link accessProblem} of a file; null too where the functions of Windows cannot be called, so that nothing is known.
 *
 * @throws Error where Windows does not tell.
 */
export function fileAccessProblem(path: string): string | null {
  const security = readSecurity(path)
  return security && accessProblem(security)
}

function parts(sddl: string): { owner: string; list: string | null } {
  const owner = /^O:(S-[\d-]+|[A-Z]{2})/.exec(sddl)?.[1] ?? ''
  const list = /D:(.*)$/s.exec(sddl)?.[1] ?? null
  return { owner, list }
}

function maskOf(rights: string): number {
  if (/^0x/i.test(rights)) return Number(rights)
  return (rights.match(/../g) ?? []).reduce((mask, letters) => mask | (RIGHTS[letters] ?? 0), 0)
}

function nameOf(sid: string): string {
  return NAMES[sid] ?? (sid === '' ? 'nobody known' : sid)
}
