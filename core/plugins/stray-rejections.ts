import type { Logger } from '@gururmm/plugin-sdk'

/**
 * Keeps the agent alive when a plugin of this process leaves a promise behind that rejects; Node would end the process.
 *
 * @returns takes it back.
 */
export function catchStrayRejections(logger: Logger): () => void {
  const log = (reason: unknown) => {
    logger.error({ err: reason }, 'a promise was rejected and nobody waited for it')
  }
  process.on('unhandledRejection', log)
  return () => process.off('unhandledRejection', log)
}
