import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Redactor } from '../redaction/index.ts'
import { fileAccessProblem, protectFileAdvice } from '../windows/index.ts'

/** Larger is no secret but a mistake in the config. */
const MAX_SECRET_BYTES = 65_536

/**
 * Reads a secret from its owner-only file, anew each time so that it can be replaced, and has it masked from then on.
 *
 * @param where how the config names it, for the message, e.g. `plugins.acme.config.tokenFile`.
 * @throws CommandError `SECRET_UNAVAILABLE`, refused.
 */
export async function readSecret(file: string | undefined, where: string, redactor: Redactor): Promise<string> {
  if (file === undefined) throw unavailable(`\`${where}\` names no secret file; set it to one that holds the secret.`)
  const secret = await readPrivateFile(file, where)
  if (secret === '')
    throw unavailable(`The file that \`${where}\` names is empty; it must hold the secret in one line.`)
  redactor.add(secret)
  return secret
}

async function readPrivateFile(file: string, where: string): Promise<string> {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK a named pipe in the file's place would wait for a writer for ever
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    // Of the open file, so that nothing can be put in its place between the check and the reading
    const stat = await handle.stat()
    if (!stat.isFile()) throw unavailable(`What \`${where}\` names is not a regular file.`)
    if (stat.size > MAX_SECRET_BYTES)
      throw unavailable(`The file that \`${where}\` names has over ${MAX_SECRET_BYTES} bytes.`)
    checkOwner(stat, where)
    if (process.platform === 'win32') checkAccess(file, where)
    return (await handle.readFile('utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SECRET_UNAVAILABLE') throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'an unknown error'
    throw unavailable(
      `The file that \`${where}\` names can't be read (${code}); it must exist and belong to the agent's user.`,
      error,
    )
  } finally {
    await handle?.close().catch(() => {})
  }
}

/** Windows files have an access list instead of a mode. */
function checkAccess(file: string, where: string): void {
  const problem = fileAccessProblem(file)
  if (problem === null) return
  throw unavailable(
    `The file that \`${where}\` names must be for the agent's account, SYSTEM and Administrators alone, and is one that ${problem}; run \`${protectFileAdvice(file)}\`.`,
  )
}

/** Windows files have no user id. */
function checkOwner(stat: { readonly mode: number; readonly uid: number }, where: string): void {
  const uid = process.geteuid?.()
  if (uid === undefined) return
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8)
    throw unavailable(`The file that \`${where}\` names may be used by others (mode ${mode}); run chmod 600 on it.`)
  }
  if (stat.uid !== uid && stat.uid !== 0) {
    throw unavailable(
      `The file that \`${where}\` names belongs to user ${stat.uid}; it must belong to the agent's user (${uid}) or root.`,
    )
  }
}

function unavailable(message: string, cause?: unknown): CommandError {
  return new CommandError('SECRET_UNAVAILABLE', message, { refused: true, cause })
}
