import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits for a plugin's hook, but not for ever.
 *
 * @param hook may throw at once, return no promise, never settle.
 * @throws what the hook threw; an Error with `code: "HOOK_TIMEOUT"` after `seconds`. What the hook does later has no effect.
 */
export async function callHook<T>(seconds: number, hook: () => T | Promise<T>): Promise<T> {
  const over = new AbortController()
  const timeout = delay(seconds * 1000, undefined, { signal: over.signal }).then(() => {
    throw Object.assign(new Error(`it did not end within ${seconds} seconds`), { code: 'HOOK_TIMEOUT' })
  })
  // Aborted once the hook was first; nobody waits for it then
  timeout.catch(() => {})
  const called = (async () => await hook())()
  called.catch(() => {})
  try {
    return await Promise.race([called, timeout])
  } finally {
    over.abort()
  }
}
