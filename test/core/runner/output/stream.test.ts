import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MASK, Redactor } from '../../../../core/redaction/index.ts'
import type { OutputItem } from '../../../../core/runner/index.ts'
import { collect, program, recordingLogger, testCommand, testRunner, until } from '../support.ts'

const sh = (script: string) => ['/bin/sh', ['-c', script]] as const

t.test('output comes in pieces with offsets, and whole in the result', async (t) => {
  const items: OutputItem[] = []
  const command = testCommand(testRunner(t), { onOutput: (item) => void items.push(item) })
  const run = command.run(...sh('echo ä; read go; echo b; echo c >&2'))
  await until(() => items.length > 0)
  run.end('go\n')
  t.hasStrict(await run.ended, { stdout: 'ä\nb\n', stderr: 'c\n' })
  t.same(
    items.filter(({ stream }) => stream === 'stdout'),
    [
      { stream: 'stdout', offset: 0, data: 'ä\n' },
      { stream: 'stdout', offset: 3, data: 'b\n' },
    ],
  )
  t.same(command.output(), { stdout: 'ä\nb\n', stderr: 'c\n' })
})

t.test('characters that the program splits arrive whole, and what is no UTF-8 is replaced', async (t) => {
  const items: string[] = []
  const command = testCommand(testRunner(t), { onOutput: ({ data }) => void items.push(data) })
  const script = String.raw`printf '\342\202'; sleep 0.1; printf '\254|\377|\303'`
  t.hasStrict(await command.run(...sh(script)).ended, { stdout: '€|\ufffd|\ufffd' })
  t.ok(items.every((item) => item.isWellFormed()))
})

t.test('a secret that the program writes in two parts is masked before anyone sees it', async (t) => {
  const redactor = new Redactor()
  redactor.add('very-secret')
  const seen: string[] = []
  const command = testCommand(testRunner(t, { redactor }), { onOutput: ({ data }) => void seen.push(data) })
  const run = command.run(...sh('printf very-; sleep 0.1; echo secret; printf very-'))
  const lines = await collect(run.lines('stdout'))
  t.hasStrict(await run.ended, { stdout: `${MASK}\nvery-` })
  t.same(lines, [MASK, 'very-'])
  t.equal(seen.join(''), `${MASK}\nvery-`)
})

t.test('a gigabyte of output leaves the memory flat and is counted and hashed to the last byte', async (t) => {
  const command = testCommand(testRunner(t), { maxOutputBytes: 64 * 1024, onOutput() {} })
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
  t.teardown(() => clearInterval(watch))
  const end = await command.run('head', ['-c', '1000000000', '/dev/zero']).ended
  t.hasStrict(end, { exitCode: 0, endedBy: 'exit' })
  const hash = createHash('sha256')
  for (let block = 0; block < 1000; block++) hash.update(Buffer.alloc(1_000_000))
  const { stdout } = command.output().truncation ?? {}
  t.match(stdout, { totalBytes: 1_000_000_000, sha256: hash.digest('hex') })
  t.equal((stdout?.droppedBytes ?? 0) + 64 * 1024, 1_000_000_000)
  t.ok(peak - before < 128 * 1024 * 1024, `grew by ${Math.round((peak - before) / 1048576)} MiB`)
})

t.test('random bytes of any kind give valid text', async (t) => {
  const command = testCommand(testRunner(t))
  const { stdout } = await command.run('head', ['-c', '300000', '/dev/urandom']).ended
  t.ok(stdout.isWellFormed())
})

t.test('a slow taker of output slows the program down', async (t) => {
  let taken = 0
  const gate = Promise.withResolvers<void>()
  const command = testCommand(testRunner(t), {
    onOutput({ data }) {
      taken += data.length
      return gate.promise
    },
  })
  const run = command.run(...sh('head -c 20000000 /dev/zero; echo done >&2'))
  const done = collect(run.lines('stderr'))
  await until(() => taken > 0)
  await sleep(200)
  t.ok(taken < 1_000_000, `${taken} taken`)
  gate.resolve()
  t.same(await done, ['done'])
  await run.ended
  t.equal(taken, 20_000_000 + 'done\n'.length)
})

t.test('a slow reader of lines slows the program down, and loses nothing', async (t) => {
  const command = testCommand(testRunner(t))
  const run = command.run(...sh('seq 1 300000; echo done >&2'), { output: 'plugin' })
  const errors = run.lines('stderr')
  let done = false
  const watch = collect(errors).then(() => (done = true))
  let expected = 0
  for await (const line of run.lines('stdout')) {
    expected++
    if (line !== String(expected)) t.fail(`${line} instead of ${expected}`)
    if (expected === 1) {
      await sleep(200)
      t.equal(done, false, 'the program waits')
    }
  }
  t.equal(expected, 300_000)
  await watch
  t.hasStrict(await run.ended, { exitCode: 0, stdout: '', stderr: '' })
})

t.test('output for the plugin alone is in no result and no progress', async (t) => {
  const command = testCommand(testRunner(t), { onOutput: () => void t.fail('nothing to pass on') })
  const run = command.run(...sh('echo hidden; echo also >&2'), { output: 'plugin' })
  t.same(await collect(run.lines('stdout')), ['hidden'])
  t.hasStrict(await run.ended, { stdout: '', stderr: '' })
  t.same(command.output(), { stdout: '', stderr: '' })
})

t.test('lines are cut at maxLineBytes', async (t) => {
  const run = testCommand(testRunner(t)).run(...sh('head -c 5000 /dev/zero | tr "\\0" x; echo; echo next'), {
    maxLineBytes: 10,
  })
  t.same(await collect(run.lines('stdout')), ['xxxxxxxxxx', 'next'])
})

t.test('lines can be asked for once, right after the start', async (t) => {
  const run = testCommand(testRunner(t)).run(...sh('echo a'))
  run.lines('stdout')
  t.throws(() => run.lines('stdout'), /once/)
  await run.ended
  t.throws(() => run.lines('stderr'), /once/)
})

t.test('an output that cannot be passed on is logged, and the result still has it', async (t) => {
  for (const onOutput of [
    () => Promise.reject(new Error('disk full')),
    () => {
      throw new Error('disk full')
    },
  ]) {
    const logger = recordingLogger()
    const command = testCommand(testRunner(t, { logger }), { onOutput })
    t.hasStrict(await command.run(...sh('echo a')).ended, { stdout: 'a\n' })
    t.hasStrict(logger.lines, [{ level: 'error' }])
  }
})

t.test('a child in the background that holds stdout delays the result by a moment only, and is ended', async (t) => {
  const command = testCommand(testRunner(t))
  const end = await command.run('/bin/sh', [program('leaves-writer.sh'), '600']).ended
  t.hasStrict(end, { exitCode: 0, endedBy: 'exit', stdout: 'from the background\nfrom the foreground\n' })
})

t.test('all that a program wrote before it ended arrives, however slowly it is taken', async (t) => {
  const command = testCommand(testRunner(t), { onOutput: () => sleep(50) })
  const end = await command.run('head', ['-c', '1000000', '/dev/zero']).ended
  t.equal(end.stdout.length, 1_000_000)
})

t.test('a run whose program is over lasts until its output is taken, or a deadline ends it', async (t) => {
  const runner = testRunner(t)
  for (const isTaken of [true, false]) {
    const gate = Promise.withResolvers<void>()
    let taking = false
    const command = testCommand(runner, {
      onOutput() {
        taking = true
        return gate.promise
      },
    })
    const run = command.run(...sh('head -c 100 /dev/zero'))
    let isOver = false
    const ended = run.ended.finally(() => (isOver = true))
    await until(() => taking)
    await sleep(600)
    t.equal(isOver, false)
    if (isTaken) gate.resolve()
    else command.abort('timeout')
    t.hasStrict(await ended, { exitCode: 0, endedBy: 'exit', stdout: '\0'.repeat(100) })
  }
})
