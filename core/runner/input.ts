import type { Writable } from 'node:stream'
import { CommandError, type Run } from '@gururmm/plugin-sdk'

/**
 * A program's standard input. A program that ends or closes it early (EPIPE) makes writes reject, and is no error otherwise.
 */
export function createInput(stdin: Writable): Pick<Run, 'write' | 'end'> {
  const waiting = new Set<PromiseWithResolvers<void>>()
  let cause: Error | undefined

  const rejectWaiting = (): void => {
    for (const waiter of waiting) waiter.reject(inputClosed(cause))
    waiting.clear()
  }
  stdin.on('error', (error) => {
    cause = error
    rejectWaiting()
  })
  stdin.on('close', rejectWaiting)
  stdin.on('drain', () => {
    for (const waiter of waiting) waiter.resolve()
    waiting.clear()
  })
  return {
    write(data) {
      if (!stdin.writable) return observed(Promise.reject(inputClosed(cause)))
      if (stdin.write(data)) return Promise.resolve()
      const waiter = Promise.withResolvers<void>()
      waiting.add(waiter)
      return observed(waiter.promise)
    },
    end(data) {
      if (stdin.writable) stdin.end(data)
    },
  }
}

/** A rejection that a plugin does not look at must not end the agent. */
export function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

function inputClosed(cause?: Error): CommandError {
  const message =
    'The program ended or its standard input was closed before all was written; look at its exit code and stderr.'
  return new CommandError('INPUT_CLOSED', message, { cause })
}
