import { type Stats, statSync } from 'node:fs'

/**
 * As root, takes on the account that the data folder belongs to, as a service's does: what root wrote there, the service could not
 * read. For the rest of this process; elsewhere, and where there is no such folder yet, nothing changes.
 */
export async function becomeOwner(dataDir: string): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const owner = ownerOf(dataDir)
  if (owner === undefined || owner.uid === 0) return
  process.setgroups?.([owner.gid])
  process.setgid?.(owner.gid)
  process.setuid?.(owner.uid)
}

function ownerOf(folder: string): Stats | undefined {
  try {
    return statSync(folder)
  } catch {
    return undefined
  }
}
