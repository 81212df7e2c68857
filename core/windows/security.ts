import { type Koffi, loadKoffi } from '../native/index.ts'

/** Who a file belongs to and who may use it. */
export interface FileSecurity {
  /** Owner and access list as a string of the Security Descriptor Definition Language. */
  readonly sddl: string
  /** The security identifier of the agent's own account. */
  readonly ownSid: string
}

/** SE_FILE_OBJECT; OWNER_SECURITY_INFORMATION and DACL_SECURITY_INFORMATION; TOKEN_QUERY; TokenUser. */
const FILE = 1
const OWNER_AND_LIST = 0x1 | 0x4
const TOKEN_QUERY = 8
const TOKEN_USER = 1

/**
 * What Windows knows of a file.
 *
 * @returns null where the functions of Windows cannot be called here, so that nothing is known.
 * @throws Error where Windows does not tell.
 */
export function readSecurity(path: string, load: () => Koffi = () => loadKoffi('win32')): FileSecurity | null {
  let koffi: Koffi
  try {
    koffi = load()
  } catch {
    return null
  }
  const windows = bind(koffi)
  return { sddl: sddlOf(windows, path), ownSid: ownSid(windows) }
}

type Windows = ReturnType<typeof bind>

function bind(koffi: Koffi) {
  const advapi32 = koffi.load('advapi32.dll')
  const kernel32 = koffi.load('kernel32.dll')
  const free = kernel32.func('void *__stdcall LocalFree(void *a)')
  return {
    security: advapi32.func(
      'uint32 __stdcall GetNamedSecurityInfoW(str16 a, int b, uint32 c, void *d, void *e, void *f, void *g, _Out_ void **h)',
    ),
    securityText: advapi32.func(
      'bool __stdcall ConvertSecurityDescriptorToStringSecurityDescriptorW(void *a, uint32 b, uint32 c, _Out_ void **d, void *e)',
    ),
    openToken: advapi32.func('bool __stdcall OpenProcessToken(void *a, uint32 b, _Out_ void **c)'),
    tokenUser: advapi32.func('bool __stdcall GetTokenInformation(void *a, int b, void *c, uint32 d, _Out_ uint32 *e)'),
    sidText: advapi32.func('bool __stdcall ConvertSidToStringSidW(void *a, _Out_ void **b)'),
    ownProcess: kernel32.func('void *__stdcall GetCurrentProcess()'),
    closeHandle: kernel32.func('bool __stdcall CloseHandle(void *a)'),
    free,
    /** A text that Windows made, which is freed. */
    take(pointer: unknown): string {
      const text = koffi.decode(pointer, 'char16_t', -1)
      free(pointer)
      return text
    },
  }
}

function sddlOf(windows: Windows, path: string): string {
  const descriptor: unknown[] = [null]
  const failure = windows.security(path, FILE, OWNER_AND_LIST, null, null, null, null, descriptor)
  if (failure !== 0) throw new Error(`Windows does not tell who may use it (error ${failure})`)
  const text: unknown[] = [null]
  try {
    if (!windows.securityText(descriptor[0], 1, OWNER_AND_LIST, text, null))
      throw new Error('Windows does not tell who may use it')
    return windows.take(text[0])
  } finally {
    windows.free(descriptor[0])
  }
}

function ownSid(windows: Windows): string {
  const token: unknown[] = [null]
  const text: unknown[] = [null]
  // A TOKEN_USER begins with a pointer to the identifier, which follows it.
  const user = Buffer.alloc(256)
  if (!windows.openToken(windows.ownProcess(), TOKEN_QUERY, token))
    throw new Error('Windows does not tell whose process it is')
  try {
    const known = windows.tokenUser(token[0], TOKEN_USER, user, user.length, [0])
    if (!known || !windows.sidText(user.readBigUInt64LE(), text))
      throw new Error('Windows does not tell whose process it is')
    return windows.take(text[0])
  } finally {
    windows.closeHandle(token[0])
  }
}
