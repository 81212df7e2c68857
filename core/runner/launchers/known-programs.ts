import { statSync } from 'node:fs'

/** The programs that have been started directly, as they were then. */
export interface KnownPrograms {
  /** It was started just now. */
  learn(program: string): void
  /**
   * Whether it was started before, and its file is the same one still, by every mark that the file system has: then there is no
   * reason why it should not start now.
   */
  has(program: string): boolean
}

/** More are forgotten: nobody runs so many again and again. */
const MAX_PROGRAMS = 256

export function createKnownPrograms(): KnownPrograms {
  const identities = new Map<string, string>()
  return {
    learn(program) {
      // A plain name is looked up in PATH; what it leads to may change between two looks.
      const identity = program.startsWith('/') ? identityOf(program) : null
      if (identity === null) return
      if (identities.size >= MAX_PROGRAMS) identities.clear()
      identities.set(program, identity)
    },
    has(program) {
      const identity = identities.get(program)
      return identity !== undefined && identity === identityOf(program)
    },
  }
}

function identityOf(program: string): string | null {
  try {
    const { dev, ino, mode, uid, gid, size, mtimeMs, ctimeMs } = statSync(program)
    return [dev, ino, mode, uid, gid, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return null
  }
}
