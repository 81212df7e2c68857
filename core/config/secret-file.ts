import { CommandError } from '@gururmm/plugin-sdk'
import { fileAccessProblem, protectFileAdvice } from '../windows/index.ts'
import { readSmallFile } from './small-file.ts'

/** Keys and tokens are short; a larger file is another file. */
const MAX_BYTES = 65_536

/** Read, write and execute for the group and all others. */
const OTHERS = 0o077

/**
 * The content of a file that only its owner may touch, without its last line end. The checks are made on the opened file, so that it
 * cannot be exchanged between check and reading.
 *
 * On Windows the access list says who may; mode bits say nothing there. Where the functions of Windows cannot be called it is not
 * looked at, and `doctor` says so.
 *
 * @throws CommandError `SECRET_UNAVAILABLE` where it cannot be read, is empty, belongs to another user, or others may touch it.
 */
export async function readSecretFile(path: string): Promise<string> {
  try {
    const bytes = readSmallFile(path, (stat) => {
      if (!stat.isFile() || stat.size > MAX_BYTES)
        throw unavailable(path, `a file of at most ${MAX_BYTES} bytes`, 'something else')
      if (process.platform === 'win32') refuseAccess(path)
      else refuseShared(path, stat.mode, stat.uid)
    })
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (text === '') throw unavailable(path, 'a secret', 'an empty file')
    return text
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'SECRET_UNAVAILABLE') throw error
    if (code === 'ENOENT') throw missing(path, error)
    throw unavailable(path, 'a file that the agent’s user can read', (error as Error).message, error)
  }
}

function refuseShared(path: string, mode: number, uid: number): void {
  const me = process.geteuid?.()
  if ((mode & OTHERS) !== 0) {
    const found = `mode ${(mode & 0o777).toString(8)}; run \`chmod 600\` on it`
    throw unavailable(path, 'a file for its owner alone', found)
  }
  if (uid !== me && uid !== 0) throw unavailable(path, `a file of user ${me} or root`, `one of user ${uid}`)
}

function refuseAccess(path: string): void {
  const problem = fileAccessProblem(path)
  if (problem === null) return
  const expected = 'a file for the agent’s account, SYSTEM and Administrators alone'
  throw unavailable(path, expected, `one that ${problem}; run \`${protectFileAdvice(path)}\``)
}

function missing(path: string, cause: unknown): CommandError {
  const message = `The secret file ${JSON.stringify(path)} does not exist: write the token or key into it, as its only line, and let nobody but the agent’s user read it (mode 600).`
  return new CommandError('SECRET_UNAVAILABLE', message, { refused: true, cause })
}

function unavailable(path: string, expected: string, found: string, cause?: unknown): CommandError {
  const message = `The secret file ${JSON.stringify(path)} cannot be used: expected ${expected}, found ${found}.`
  return new CommandError('SECRET_UNAVAILABLE', message, { refused: true, cause })
}
