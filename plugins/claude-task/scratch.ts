import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What one run of the CLI may write to beside its working directory. */
export interface Scratch {
  /** What the others lie in. */
  readonly root: string
  readonly home: string
  readonly config: string
  readonly temp: string
  /** Our settings for the CLI; holds no secret. There once they are written. */
  readonly settingsFile: string
  writeSettings(settings: object): Promise<void>
  /** Removes all of it. Never throws: what a dying process still holds is swept at the next setup. */
  remove(): Promise<void>
}

/** Tells the folders of this process from those of an earlier one that had the same process id, as in a container. */
const INSTANCE = randomUUID().slice(0, 8)

const WEEK_MS = 7 * 24 * 3600 * 1000

/** Where folders lie that the data folder is no place for; see {@link ScratchPlace}. */
const SHARED_PARENT = '/tmp'
const SHARED_PREFIX = 'gururmm-claude-'

/** Why folders may have to lie outside the data folder; both need POSIX. */
export interface ScratchPlace {
  /** The CLI runs under this account, not the agent's, and the data folder is closed to it. Default: null, the agent's own. */
  readonly uid?: number | null
  /** The path must be short: the CLI's sandbox makes sockets in the temporary folder, whose paths may have 107 bytes. Default: false. */
  readonly short?: boolean
}

/** Makes fresh folders for one run of the CLI, open to its account alone. */
export async function makeScratch(dataDir: string, place: ScratchPlace = {}): Promise<Scratch> {
  const { uid = null, short = false } = place
  const root = uid !== null || short ? await makeSharedRoot(uid) : await makeOwnRoot(dataDir)
  const [home, config, temp] = ['home', 'config', 'tmp'].map((name) => join(root, name)) as [string, string, string]
  for (const folder of [home, config, temp]) {
    await mkdir(folder, { mode: 0o700 })
    if (uid !== null) await chown(folder, uid, 0)
  }
  const settingsFile = join(root, 'settings.json')
  return {
    ...{ root, home, config, temp, settingsFile },
    writeSettings: (settings) =>
      writeFile(settingsFile, JSON.stringify(settings), { mode: uid === null ? 0o600 : 0o644 }),
    remove: () => removeFolder(root),
  }
}

async function makeOwnRoot(dataDir: string): Promise<string> {
  const parent = join(dataDir, 'tasks')
  await mkdir(parent, { recursive: true, mode: 0o700 })
  return mkdtemp(join(parent, `${process.pid}-${INSTANCE}-`))
}

/** The root stays the agent's: the other account may pass through it, not list or change it. */
async function makeSharedRoot(uid: number | null): Promise<string> {
  const root = await mkdtemp(join(SHARED_PARENT, `${SHARED_PREFIX}${process.pid}-${INSTANCE}-`))
  if (uid !== null) await chmod(root, 0o711)
  return root
}

/** Removes what runs left behind that ended with their agent; what belongs to a living one stays. */
export async function sweepScratch(dataDir: string): Promise<void> {
  await sweep(join(dataDir, 'tasks'), '')
  if (process.platform !== 'win32') await sweep(SHARED_PARENT, SHARED_PREFIX)
}

async function sweep(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(prefix)) continue
    const path = join(parent, name)
    const found = await stat(path).catch(() => undefined)
    // In the shared parent anybody can make a folder of such a name; theirs is not ours to remove.
    const isOurs = found !== undefined && found.uid === (process.geteuid?.() ?? found.uid)
    if (isOurs && isLeftOver(name.slice(prefix.length), found.mtimeMs)) await removeFolder(path)
  }
}

/**
 * Setup runs again on a config change, while tasks of this process may be running; an isolated plugin's new process is set up while
 * its old one drains. A process id given to another program meanwhile hides a folder for a week at most.
 */
function isLeftOver(name: string, madeAtMs: number): boolean {
  const [pid, instance] = name.split('-')
  if (instance === INSTANCE) return false
  const owner = Number(pid)
  return owner === process.pid || !isAlive(owner) || Date.now() - madeAtMs > WEEK_MS
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {})
}
