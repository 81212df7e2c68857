import { stat } from 'node:fs/promises'

/**
 * As root, takes on the account that the data folder belongs to, as a service's does: what root wrote there, the service could not
 * read. For the rest of this process; elsewhere, and where there is no such folder yet, nothing changes.
 */
export async function becomeOwner(dataDir: string): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const owner = await stat(dataDir).catch(() => undefined)
  if (owner === undefined || owner.uid === 0) return
  process.setgroups?.([owner.gid])
  process.setgid?.(owner.gid)
  process.setuid?.(owner.uid)
}
