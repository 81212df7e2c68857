import type { Writable } from 'node:stream'
import { CommandError, type Run } from '@gururmm/plugin-sdk'

/**
 * A program's standard input. A program that ends or closes it early (EPIPE) makes writes reject, and is no error otherwise.
 *
 * @param closeUnused closes it before it was ever opened; nearly every program is given nothing. Absent: it is opened at once.
 */
export function createInput(open: () => Writable, closeUnused?: () => void): Pick<Run, 'write' | 'end'> {
  const waiting = new Set<PromiseWithResolvers<void>>()
  let cause: Error | undefined
  let opened: Writable | undefined

  const rejectWaiting = (): void => {
    for (const waiter of waiting) waiter.reject(inputClosed(cause))
    waiting.clear()
  }
  const stream = (): Writable => {
    if (opened !== undefined) return opened
    opened = open()
    opened.on('error', (error) => {
      cause = error
      rejectWaiting()
    })
    opened.on('close', rejectWaiting)
    opened.on('drain', () => {
      for (const waiter of waiting) waiter.resolve()
      waiting.clear()
    })
    return opened
  }
  if (closeUnused === undefined) stream()
  return {
    write(data) {
      const stdin = stream()
      if (!stdin.writable) return observed(Promise.reject(inputClosed(cause)))
      if (stdin.write(data)) return Promise.resolve()
      const waiter = Promise.withResolvers<void>()
      waiting.add(waiter)
      return observed(waiter.promise)
    },
    end(data) {
      if (data === undefined && opened === undefined && closeUnused !== undefined) return closeUnused()
      const stdin = stream()
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
