import t from 'tap'
import { createCommandOutput } from '../../../../core/runner/output/command-output.ts'

t.test('a command that ran nothing wrote nothing', async (t) => {
  t.same(createCommandOutput(10).result(), { stdout: '', stderr: '' })
})

t.test('the command has what all its runs wrote in order, a run what it wrote itself', async (t) => {
  const output = createCommandOutput(100)
  const first = output.open()
  t.equal(first.record('stdout', 'aü'), 0)
  const second = output.open()
  const third = output.open()
  t.equal(second.record('stdout', 'b'), 3)
  t.equal(first.record('stdout', 'c'), 4)
  t.equal(third.record('stderr', 'e'), 0)
  t.same(output.result(), { stdout: 'aübc', stderr: 'e' })
  t.equal(first.text('stdout'), 'aüc')
  t.equal(second.text('stdout'), 'b')
  t.equal(third.text('stdout'), '')
})

t.test('only the stream of which something is missing has a truncation', async (t) => {
  const output = createCommandOutput(4)
  const run = output.open()
  run.record('stdout', 'abcdefgh')
  run.record('stderr', 'abcd')
  t.match(output.result(), {
    stdout: 'ab\n[… 4 bytes left out …]\ngh',
    stderr: 'abcd',
    truncation: { stdout: { totalBytes: 8, droppedBytes: 4 }, stderr: undefined },
  })
})
