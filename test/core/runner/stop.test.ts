import { EventEmitter } from 'node:events'
import t from 'tap'
import type { Tree } from '../../../core/runner/containment/index.ts'
import { createStopper, settledWithin } from '../../../core/runner/stop.ts'
import { recordingLogger } from './support.ts'

/** A tree that is empty after so many kills. */
function fakeTree(killsNeeded: number) {
  const calls: string[] = []
  const child = Object.assign(new EventEmitter(), { pid: 1 }) as unknown as Tree['child']
  const tree: Tree = {
    child,
    isEmpty: () => calls.filter((call) => call === 'kill').length >= killsNeeded,
    terminate: () => void calls.push('terminate'),
    kill: () => void calls.push('kill'),
    release() {},
  }
  return { tree, calls }
}

t.test('first the polite signal, then kills until nothing is left', async (t) => {
  const { tree, calls } = fakeTree(3)
  const stopper = createStopper(tree, new Promise(() => {}), 20, recordingLogger())
  stopper.request('timeout')
  stopper.request('stop')
  await stopper.settle()
  t.same(calls, ['terminate', 'kill', 'kill', 'kill'])
  t.equal(stopper.cause, 'timeout', 'the first cause counts')
})

t.test('a tree that is empty when its program ends is left alone', async (t) => {
  const { tree, calls } = fakeTree(0)
  const stopper = createStopper(tree, Promise.resolve(), 20, recordingLogger())
  await stopper.settle()
  t.same(calls, [])
  t.equal(stopper.cause, null)
})

t.test('what the kernel cannot kill is given up, loudly, so that the command ends', async (t) => {
  const { tree } = fakeTree(Number.POSITIVE_INFINITY)
  const logger = recordingLogger()
  const stopper = createStopper(tree, new Promise(() => {}), 0, logger)
  stopper.request('timeout')
  await stopper.stopped
  t.hasStrict(logger.lines.at(-1), { level: 'error', fields: { pid: 1 } })
})

t.test('waiting for a promise ends with it or with the time', async (t) => {
  t.equal(await settledWithin(Promise.resolve(), 100_000), true)
  t.equal(await settledWithin(new Promise(() => {}), 5), false)
})
