import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ShellContext } from './config-schema.ts'

const DAY_MS = 24 * 3600 * 1000

/** For accounts to which the agent's data folder is closed. */
const SHARED_PREFIX = '/tmp/gururmm-script-'

/** A script as a file that only its account can read. */
export interface ScriptFile {
  readonly path: string
  /** Never throws; what cannot be removed now is swept at the next setup. */
  remove(): Promise<void>
}

/**
 * @param extension with its dot; empty for none.
 * @param account user id of another account that the script runs under; null: the agent's own.
 */
export async function writeScriptFile(
  dataDir: string,
  text: string,
  extension: string,
  account: number | null,
): Promise<ScriptFile> {
  const folder = account === null ? await makeOwnFolder(dataDir) : await makeSharedFolder()
  const path = join(folder, `script${extension}`)
  await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  if (account !== null) await chown(path, account, 0)
  return { path, remove: () => removeFolder(folder) }
}

async function makeOwnFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'scripts', randomUUID())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** The folder stays the agent's: others may pass through it, not list or change it. */
async function makeSharedFolder(): Promise<string> {
  const folder = await mkdtemp(SHARED_PREFIX)
  await chmod(folder, 0o711)
  return folder
}

/** Removes what an agent that was killed left behind. A day's grace, for what may still be running. */
export async function sweepScriptFiles(dataDir: string): Promise<void> {
  await sweep(join(dataDir, 'scripts', '/'))
  if (process.geteuid?.() === 0) await sweep(SHARED_PREFIX)
}

async function sweep(prefix: string): Promise<void> {
  const parent = dirname(`${prefix}x`)
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name)
    const found = path.startsWith(prefix) ? await stat(path).catch(() => null) : null
    // Anybody can make a folder of such a name in /tmp; theirs is not ours to remove.
    const isOurs = found !== null && (process.geteuid === undefined || found.uid === process.geteuid())
    if (isOurs && Date.now() - found.mtimeMs > DAY_MS) await removeFolder(path)
  }
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {})
}

/**
 * The user id that programs of this command run under, where it is not the agent's own: an agent that is root may give them to a
 * lesser account. Null where it is the agent's own.
 */
export async function foreignAccount({ run, command }: ShellContext): Promise<number | null> {
  if (process.geteuid?.() !== 0 || command.elevated) return null
  const asked = run('id', ['-u'], { output: 'plugin' })
  asked.end()
  let answer = ''
  for await (const line of asked.lines('stdout')) answer += line
  const uid = /^\d+$/.test(answer) ? Number(answer) : Number.NaN
  if ((await asked.ended).exitCode !== 0 || Number.isNaN(uid))
    throw new Error(`\`id -u\` answered ${JSON.stringify(answer.slice(0, 64))}`)
  return uid === 0 ? null : uid
}
