import { chownSync } from 'node:fs'

/** `nobody` on most systems; any number but root's would do. */
const NOBODY = 65_534

/**
 * Does something as somebody who is not root: what root may do anyway can't be seen refused else. Where the test is not run by root, it is
 * that somebody already.
 *
 * @param owned given to that account before.
 */
export async function asOther<T>(owned: readonly string[], work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work()
  for (const path of owned) chownSync(path, NOBODY, NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
