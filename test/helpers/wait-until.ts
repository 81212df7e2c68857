/** Looks every few milliseconds until `holds` is true; throws after `timeoutMs`. Default: 30 s, machines are slow at times. */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Expected within ${timeoutMs} ms: ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
