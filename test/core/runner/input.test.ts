import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { testCommand, testRunner, until } from './support.ts'

// A path is started by the C library where that can be had, a plain name by Node.
for (const cat of ['/bin/cat', 'cat']) {
  t.test(`${cat}: what is written arrives, text and bytes, and end() closes`, async (t) => {
    const run = testCommand(testRunner(t)).run(cat, [])
    await run.write('text ü ')
    await run.write(Buffer.from([0xe2, 0x82, 0xac]))
    run.end(' last')
    t.hasStrict(await run.ended, { stdout: 'text ü € last', exitCode: 0 })
  })

  t.test(`${cat}: end() without anything written ends it, and writes are refused from then on`, async (t) => {
    const run = testCommand(testRunner(t)).run(cat, [])
    run.end()
    await t.rejects(run.write('late'), { code: 'INPUT_CLOSED' })
    run.end('later')
    t.hasStrict(await run.ended, { stdout: '', exitCode: 0 })
  })

  t.test(`${cat}: an input that nobody touched is closed with the program`, async (t) => {
    const run = testCommand(testRunner(t)).run(cat, ['/dev/null'])
    t.hasStrict(await run.ended, { stdout: '', exitCode: 0 })
    await t.rejects(run.write('late'), { code: 'INPUT_CLOSED' })
    run.end()
  })
}

t.test('more than any pipe holds arrives whole, the writer waiting as needed', async (t) => {
  const run = testCommand(testRunner(t)).run('/bin/sh', ['-c', 'sleep 0.2; wc -c'])
  for (let count = 0; count < 200; count++) await run.write(Buffer.alloc(64 * 1024))
  run.end()
  t.hasStrict(await run.ended, { stdout: `${200 * 64 * 1024}\n` })
})

t.test('a write to a program that sleeps stays pending', async (t) => {
  const command = testCommand(testRunner(t))
  const run = command.run('sleep', ['600'])
  let resolved = 0
  const writes = Array.from({ length: 40 }, () => run.write(Buffer.alloc(64 * 1024)).then(() => resolved++))
  const all = Promise.allSettled(writes)
  await sleep(200)
  t.ok(resolved < 40, 'the pipe is full')
  run.stop()
  await run.ended
  const states = (await all).map(({ status }) => status)
  t.ok(states.includes('rejected'))
  await t.rejects(run.write('more'), { code: 'INPUT_CLOSED' })
})

t.test('a program that closes its input early makes writes reject, and its own end counts', async (t) => {
  const run = testCommand(testRunner(t)).run('/bin/sh', ['-c', 'exec <&-; echo closed; sleep 0.3; exit 4'])
  for await (const _ of run.lines('stdout')) {
    let failure: { code?: string } = {}
    const write = async (): Promise<boolean> => {
      try {
        await run.write(Buffer.alloc(64 * 1024))
        return false
      } catch (error) {
        failure = error as { code?: string }
        return true
      }
    }
    await until(write)
    t.hasStrict(failure, { code: 'INPUT_CLOSED', refused: false })
  }
  t.hasStrict(await run.ended, { exitCode: 4, endedBy: 'exit' })
})

t.test('a rejected write that nobody looks at does not end the agent', async (t) => {
  const run = testCommand(testRunner(t)).run('true', [])
  await run.ended
  void run.write('x')
  await sleep(10)
})

t.test('writing after end() is refused, ending again is not', async (t) => {
  const run = testCommand(testRunner(t)).run('cat', [])
  run.end('a')
  run.end()
  await t.rejects(run.write('b'), { code: 'INPUT_CLOSED' })
  t.hasStrict(await run.ended, { stdout: 'a' })
})

t.test('a conversation line by line', async (t) => {
  const run = testCommand(testRunner(t)).run('cat', [], { output: 'plugin' })
  await run.write('0\n')
  const seen: string[] = []
  for await (const line of run.lines('stdout')) {
    seen.push(line)
    if (seen.length < 50) await run.write(`${seen.length}\n`)
    else run.end()
  }
  t.same(
    seen,
    Array.from({ length: 50 }, (_, index) => String(index)),
  )
})
