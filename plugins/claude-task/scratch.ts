import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What one run of the CLI may write to beside its working directory. */
export interface Scratch {
  readonly home: string
  readonly config: string
  readonly temp: string
  /** Our settings for the CLI; holds no secret. */
  readonly settingsFile: string
  /** Removes all of it. Never throws: what a dying process still holds is swept at the next setup. */
  remove(): Promise<void>
}

/** Tells the folders of this process from those of an earlier one that had the same process id, as in a container. */
const INSTANCE = randomUUID().slice(0, 8)

const WEEK_MS = 7 * 24 * 3600 * 1000

/** Makes a fresh folder for one run below the plugin's data folder, readable by the agent's user alone. */
export async function makeScratch(dataDir: string, settings: object): Promise<Scratch> {
  const parent = join(dataDir, 'tasks')
  await mkdir(parent, { recursive: true, mode: 0o700 })
  const root = await mkdtemp(join(parent, `${process.pid}-${INSTANCE}-`))
  const [home, config, temp] = ['home', 'config', 'tmp'].map((name) => join(root, name)) as [string, string, string]
  for (const folder of [home, config, temp]) await mkdir(folder, { mode: 0o700 })
  const settingsFile = join(root, 'settings.json')
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
  return { home, config, temp, settingsFile, remove: () => removeFolder(root) }
}

/** Removes what runs left behind that ended with their agent; what belongs to a living one stays. */
export async function sweepScratch(dataDir: string): Promise<void> {
  const parent = join(dataDir, 'tasks')
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name)
    const found = await stat(path).catch(() => undefined)
    if (found && isLeftOver(name, found.mtimeMs)) await removeFolder(path)
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
