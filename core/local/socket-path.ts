import { createHash } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rmdir, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const SOCKET = 'agent.sock'

/** Holds the socket's path where the data folder's own is too long. */
const NOTE = 'agent.sock.path'

/** The kernel's limits for a socket's path, in bytes, without the closing NUL: 103 on macOS and BSD, 107 on Linux. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** Where an agent with this data folder listens; undefined where none has noted a place. */
export async function findSocketPath(dataDir: string): Promise<string | undefined> {
  const path = plainPath(dataDir)
  if (path !== undefined) return path
  return readFile(join(dataDir, NOTE), 'utf8').then(
    (note) => note.trim(),
    () => undefined,
  )
}

/** A place to listen at, free: only the holder of the data folder's lock may ask for it. */
export async function claimSocketPath(dataDir: string): Promise<string> {
  await releaseSocketPath(dataDir)
  const plain = plainPath(dataDir)
  if (plain !== undefined) return plain
  // A folder of our own with a random name: nobody else can have put a socket there before
  const folder = await mkdtemp(join(tmpdir(), 'gururmm-'))
  await chmod(folder, 0o700)
  const path = join(folder, SOCKET)
  await writeFile(join(dataDir, NOTE), `${path}\n`, { mode: 0o600 })
  return path
}

/** Removes the socket and what belongs to it, also those of an agent that died. */
export async function releaseSocketPath(dataDir: string): Promise<void> {
  const path = await findSocketPath(dataDir)
  if (path === undefined || process.platform === 'win32') return
  removeIfThere(path)
  if (plainPath(dataDir) !== undefined) return
  await unlink(join(dataDir, NOTE)).catch(() => {})
  await rmdir(dirname(path)).catch(() => {})
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is not there.
  }
}

/** The path that needs no note: a named pipe on Windows, else the socket in the data folder, if that is short enough. */
function plainPath(dataDir: string): string | undefined {
  const folder = resolve(dataDir)
  if (process.platform === 'win32') return `\\\\.\\pipe\\gururmm-agent-${shortHash(folder.toLowerCase())}`
  const path = join(folder, SOCKET)
  return Buffer.byteLength(path) <= MAX_PATH_BYTES ? path : undefined
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
