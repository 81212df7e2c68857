import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs'
import { link, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import { type Call, protectFolder } from '../windows/index.ts'

const ID_FILE = 'agent-id'

/**
 * Makes the data folder if it is missing, for the agent's user alone (on Windows also SYSTEM and Administrators), and checks that the
 * agent can keep things in it. Where all is well it waits for nothing: an agent's start has only this to do.
 *
 * @param call how programs of Windows are run; a test brings its own.
 * @throws CommandError `DATA_DIR_UNUSABLE` where it is no folder, cannot be written, or everyone may write in it.
 */
export async function prepareDataDir(
  path: string,
  platform: NodeJS.Platform = process.platform,
  call?: Call,
): Promise<void> {
  try {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 })
    // Whoever made the folder itself decides who may use it.
    if (made !== undefined && platform === 'win32') await protectFolder(path, call)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(path, 'a folder that the agent’s user can write in', (error as Error).message, error)
  }
  const { mode } = statSync(path)
  if (platform !== 'win32' && (mode & 0o002) !== 0) {
    // Whoever writes here could put a socket or journal of their own in the agent's place
    throw unusable(
      path,
      'a folder that only the agent’s user can write in',
      `mode ${(mode & 0o777).toString(8)}; run \`chmod 700\` on it`,
    )
  }
}

/**
 * The agent's own id: a UUID made at the first call and kept in the data folder, so that the server knows the agent again.
 *
 * @throws CommandError `DATA_DIR_UNUSABLE` where it cannot be kept, or what is kept is no id. It is not replaced: the server would take
 *   the agent for another one.
 */
export async function ensureAgentId(dataDir: string): Promise<string> {
  const path = join(dataDir, ID_FILE)
  const id = readId(path) ?? (await writeId(path))
  if (!/^[!-~]{1,128}$/.test(id))
    throw unusable(
      path,
      'an id of 1 to 128 printable characters',
      'another text; put the id back, or delete the file for a new one',
    )
  return id
}

function readId(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, 'a file that can be read', (error as Error).message, error)
  }
}

/** Written whole and to the disk before it has its name; of two agents that start at once, the first one's id stands. */
async function writeId(path: string): Promise<string> {
  const draft = `${path}.${randomUUID()}`
  try {
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(`${randomUUID()}\n`)
    await file.sync()
    await link(draft, path).catch(unlessExists)
  } catch (error) {
    throw unusable(path, 'a file that can be written', (error as Error).message, error)
  } finally {
    await unlink(draft).catch(() => {})
  }
  return readId(path) ?? ''
}

function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

function unusable(path: string, expected: string, found: string, cause?: unknown): CommandError {
  return new CommandError('DATA_DIR_UNUSABLE', `${path} cannot be used: expected ${expected}, found ${found}.`, {
    refused: true,
    cause,
  })
}
