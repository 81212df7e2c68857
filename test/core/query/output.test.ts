import path from 'node:path'
import t, { type Test } from 'tap'
import { createHistoryReader } from '../../../core/query/index.ts'
import { createSpool } from '../../../core/spool/index.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { record, result, run, testJournal } from '../journal/fixtures/journal.ts'

const LIMITS = { spoolBytes: 64 * 1024 * 1024, spoolCommandBytes: 1024 * 1024, resultDays: 30 }
const cut = (total: number) => ({ total_bytes: total, dropped_bytes: total, sha256: 'f'.repeat(64) })

async function reader(t: Test, directory = t.testdir({}), limits = LIMITS) {
  const journal = await testJournal(t, path.join(directory, 'journal'))
  const spool = createSpool({ directory: path.join(directory, 'spool'), limits, logger: bufferLogger() })
  t.teardown(() => spool.close())
  return { journal, spool, directory, history: createHistoryReader({ journal, spool }) }
}

t.test('the output of an ended command comes from its result', async (t) => {
  const { journal, history } = await reader(t)
  await run(journal, 'a', { stdout: 'aé€z', stderr: 'oops' })
  t.same(await history.output('a', 'stdout', 0, 100), { data: 'aé€z', offset: 0, totalBytes: 7, end: true })
  t.same(await history.output('a', 'stderr', 0, 100), { data: 'oops', offset: 0, totalBytes: 4, end: true })
  t.same(await history.output('a', 'stdout', 7, 100), { data: '', offset: 7, totalBytes: 7, end: true })
})

t.test('pieces hold whole characters, wherever they are cut', async (t) => {
  const { journal, history } = await reader(t)
  const text = 'aé€\u{1f600}'.repeat(50)
  await run(journal, 'a', { stdout: text })
  for (let length = 4; length < 20; length++) {
    let told = ''
    for (let offset = 0, end = false; !end; ) {
      const piece = await history.output('a', 'stdout', offset, length)
      t.equal(piece.offset, offset)
      told += piece.data
      offset += Buffer.byteLength(piece.data)
      end = piece.end
    }
    t.equal(told, text, `${length} bytes`)
  }
  t.match(await history.output('a', 'stdout', 2, 4), { offset: 1, data: 'é' }, 'from the beginning of the character')
  t.match(await history.output('a', 'stdout', 5, 4), { offset: 3, data: '€' })
})

t.test('the output of a running command grows, and is there after its end and a restart', async (t) => {
  const { journal, spool, history, directory } = await reader(t)
  await journal.accept(record('a'))
  await journal.start('a', Date.now())
  const sink = spool.open('a')
  const one = 'x'.repeat(100_000)
  await sink.write({ stream: 'stdout', offset: 0, data: one })
  t.match(await history.output('a', 'stdout', 99_990, 100), { data: 'x'.repeat(10), totalBytes: 100_000, end: false })
  t.match(await history.output('a', 'stdout', 100_000, 100), { data: '', end: false }, 'nothing yet')
  t.match(await history.output('a', 'stderr', 0, 100), { data: '', totalBytes: 0, end: false })
  await sink.write({ stream: 'stdout', offset: 100_000, data: 'yyy' })
  const recorded = result('a', { stdout: 'x', truncation: { stdout: cut(100_003) } })
  await journal.finish('a', recorded)
  sink.end(recorded)
  const last = { data: 'yyy', offset: 100_000, totalBytes: 100_003, end: true }
  while ((await spool.find('a'))?.running) await new Promise((resolve) => setTimeout(resolve, 5))
  t.same(await history.output('a', 'stdout', 100_000, 100), last)
  await journal.close()
  await spool.close()
  const next = await reader(t, directory)
  t.same(await next.history.output('a', 'stdout', 100_000, 100), last)
})

t.test('what was not kept is said to be gone, and where', async (t) => {
  const { journal, spool, history } = await reader(t)
  await run(journal, 'a', { stdout: 'head', truncation: { stdout: cut(2_000_000) } })
  await t.rejects(history.output('a', 'stdout', 0, 100), { code: 'OUTPUT_GONE' })
  await journal.accept(record('b'))
  const sink = spool.open('b')
  for (let at = 0; at < 20; at++) {
    await sink.write({ stream: 'stdout', offset: at * 100_000, data: 'x'.repeat(100_000) })
  }
  await t.rejects(history.output('b', 'stdout', 1_048_576, 100), {
    code: 'OUTPUT_GONE',
    message: /first 1048576 bytes/,
  })
  t.match(await history.output('b', 'stdout', 1_048_575, 100), { data: 'x', totalBytes: 2_000_000, end: false })
  sink.end(null)
  await t.rejects(history.output('c', 'stdout', 0, 100), { code: 'COMMAND_NOT_FOUND' })
  await t.rejects(history.show('c'), { code: 'COMMAND_NOT_FOUND' })
})

t.test('what a killed agent left on the disk goes before the empty output of its interrupted command', async (t) => {
  const { journal, spool, history, directory } = await reader(t)
  await journal.accept(record('a'))
  const sink = spool.open('a')
  await sink.write({ stream: 'stdout', offset: 0, data: 'x'.repeat(70_000) })
  sink.end(null)
  while ((await spool.find('a'))?.running) await new Promise((resolve) => setTimeout(resolve, 5))
  await journal.finish('a', result('a', { stdout: '', stderr: 'The agent stopped.', exit_code: -1 }))
  await journal.close()
  await spool.close()
  const next = await reader(t, directory)
  t.match(await next.history.output('a', 'stdout', 0, 100_000), { totalBytes: 70_000, end: true })
  t.match(await next.history.output('a', 'stderr', 0, 100), { data: 'The agent stopped.' })
  t.ok(history)
})
