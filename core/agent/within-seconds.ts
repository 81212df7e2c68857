/** Settles with the promise, or after so many seconds. */
export async function withinSeconds(seconds: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, seconds * 1000)
  await Promise.race([promise, late.promise])
  clearTimeout(timer)
}
