import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeInBackground } from '../../../core/log/destination.ts'

/** A file to write to, and how many bytes each write had. */
function open(t: Test) {
  const file = join(t.testdir(), 'log')
  const descriptor = openSync(file, 'a')
  t.teardown(() => closeSync(descriptor))
  const writes: number[] = []
  const destination = writeInBackground(descriptor, (bytes) => {
    writes.push(bytes)
    return descriptor
  })
  return { destination, writes, content: () => readFileSync(file, 'utf8') }
}

t.test('lines of one moment are written at once', async (t) => {
  const { destination, writes, content } = open(t)
  for (let line = 0; line < 100; line++) destination.write(`line ${line}\n`)
  while (writes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(writes.length, 1)
  t.equal(content().split('\n').length, 101)
  destination.write('later\n')
  while (writes.length === 1) await new Promise((resolve) => setTimeout(resolve, 5))
  t.match(content(), /later\n$/)
  await destination.close()
})

t.test('closing writes what waits, also what came during a write', async (t) => {
  const { destination, writes, content } = open(t)
  destination.write('one\n')
  const closed = destination.close()
  destination.write('two\n')
  await closed
  t.equal(content(), 'one\ntwo\n')
  t.equal(writes.length, 2)
})

t.test('a process that ends now writes what waits before it goes', async (t) => {
  const { destination, content } = open(t)
  destination.write('last words\n')
  destination.flush()
  t.equal(content(), 'last words\n')
  await destination.close()
})
