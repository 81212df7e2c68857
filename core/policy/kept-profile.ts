import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../protocol/canonical-json.ts'
import { readSiteProfile, type SiteProfile } from './site-profile.ts'

/** The file in the data folder. */
export const PROFILE_FILE = 'site-profile.json'

/** What the data folder has of a profile. */
export type KeptProfile =
  | { readonly state: 'none' }
  | { readonly state: 'kept'; readonly site: string; readonly receivedAt: string; readonly profile: SiteProfile }
  /** Whatever it took away is not known any more. */
  | { readonly state: 'damaged'; readonly reason: string }

/** Reads what an earlier agent kept. Never rejects: what can't be read or is not what was written counts as damaged. */
export async function readKeptProfile(dataDir: string): Promise<KeptProfile> {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(dataDir, PROFILE_FILE), 'utf8'))
    const { digest, site, receivedAt, profile } = kept as Record<string, unknown>
    if (digest !== digestOf({ site, receivedAt, profile })) return damaged('its checksum does not fit')
    const read = readSiteProfile(profile)
    if ('problem' in read || typeof site !== 'string' || typeof receivedAt !== 'string')
      return damaged('it is no profile')
    return { state: 'kept', site, receivedAt, profile: read.profile }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? { state: 'none' } : damaged(message)
  }
}

/**
 * Keeps a profile, for the agent's user alone: whole and on the disk before it takes the place of the one before.
 *
 * @throws what the file system says; the one before is then still there.
 */
export async function keepProfile(
  dataDir: string,
  site: string,
  receivedAt: string,
  profile: SiteProfile,
): Promise<void> {
  const draft = join(dataDir, `.${PROFILE_FILE}.${randomUUID()}`)
  const content = { site, receivedAt, profile }
  try {
    await using file = await open(draft, 'wx', 0o600)
    await file.writeFile(`${JSON.stringify({ digest: digestOf(content), ...content }, null, 2)}\n`)
    await file.sync()
    await rename(draft, join(dataDir, PROFILE_FILE))
    await syncFolder(dataDir)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

/** Else a power cut could bring the old name back. Windows has no such sync, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function damaged(reason: string): KeptProfile {
  return { state: 'damaged', reason }
}
