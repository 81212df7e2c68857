/** Ends what has gone silent. */
export interface IdleTimer {
  /** Something was heard. */
  touch(): void
  stop(): void
}

/**
 * Calls `onIdle` once, when nothing was heard for so long.
 *
 * @param isExcused asked when the time is up: true begins it anew, for a silence that is of our own making.
 */
export function startIdleTimer(seconds: number, isExcused: () => boolean, onIdle: () => void): IdleTimer {
  let timer: NodeJS.Timeout | undefined
  const start = () => {
    timer = setTimeout(() => (isExcused() ? start() : onIdle()), seconds * 1000)
  }
  start()
  return { touch: () => void timer?.refresh(), stop: () => clearTimeout(timer) }
}
