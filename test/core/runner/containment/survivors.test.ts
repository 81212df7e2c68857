import t from 'tap'
import { KINDS, marked, newMark, program, runnerOf, testCommand, until, WAYS } from '../support.ts'

t.ok(KINDS.includes('process_group'), 'one kind works everywhere')

for (const way of WAYS) {
  t.test(`${way.name}: what a program leaves running is ended after it`, async (t) => {
    const mark = newMark()
    const command = testCommand(await runnerOf(t, way))
    const run = command.run('/bin/sh', [program('starts-strays.sh'), mark, 'exit'])
    t.hasStrict(await run.ended, { exitCode: 0, endedBy: 'exit', stdout: 'ready\n' })
    t.same(await marked(mark), [])
  })

  for (const [reason, endedBy] of [
    ['timeout', 'timeout'],
    ['cancel', 'abort'],
    ['shutdown', 'abort'],
  ] as const) {
    t.test(`${way.name}: after ${reason} nothing of the command is left`, async (t) => {
      const mark = newMark()
      const command = testCommand(await runnerOf(t, way), {
        onOutput: ({ data }) => (data.includes('ready') ? command.abort(reason) : undefined),
      })
      const run = command.run('/bin/sh', [program('starts-strays.sh'), mark, 'wait'], { graceSeconds: 0.2 })
      t.match(await run.ended, { endedBy })
      t.same(await marked(mark), [])
    })
  }

  t.test(`${way.name}: stop() ends the tree, also when called again and again`, async (t) => {
    const mark = newMark()
    const command = testCommand(await runnerOf(t, way))
    const run = command.run('/bin/sh', [program('starts-strays.sh'), mark, 'wait'], { graceSeconds: 0.2 })
    for await (const line of run.lines('stdout')) {
      t.equal(line, 'ready')
      for (let times = 0; times < 3; times++) run.stop()
    }
    run.stop()
    t.match(await run.ended, { endedBy: 'stop' })
    run.stop()
    t.same(await marked(mark), [])
  })

  t.test(`${way.name}: a program that ignores the polite signal is killed after the grace`, async (t) => {
    const command = testCommand(await runnerOf(t, way))
    const run = command.run('/bin/sh', [program('ignores-sigterm.sh')], { graceSeconds: 0.1 })
    for await (const _ of run.lines('stdout')) run.stop()
    t.match(await run.ended, { signal: 'SIGKILL', endedBy: 'stop' })
  })

  t.test(`${way.name}: a program that obeys the polite signal ends in its own way`, async (t) => {
    const command = testCommand(await runnerOf(t, way))
    const script = 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.01; done'
    const run = command.run('/bin/sh', ['-c', script], { graceSeconds: 30 })
    for await (const line of run.lines('stdout')) if (line === 'ready') run.stop()
    t.hasStrict(await run.ended, { exitCode: 7, endedBy: 'stop', stdout: 'ready\nbye\n' })
  })

  t.test(`${way.name}: end() of the command and close() of the runner end what still runs`, async (t) => {
    const runner = await runnerOf(t, way)
    const marks = [newMark(), newMark()] as const
    const one = testCommand(runner)
    const other = testCommand(runner)
    const runs = [
      one.run('/bin/sh', [program('starts-strays.sh'), marks[0], 'wait'], { graceSeconds: 0.1 }),
      other.run('/bin/sh', [program('starts-strays.sh'), marks[1], 'wait'], { graceSeconds: 0.1 }),
    ]
    await until(async () => (await Promise.all(marks.map(marked))).every((found) => found.length > 5))
    await one.end()
    t.same(await marked(marks[0]), [])
    t.not((await marked(marks[1])).length, 0, 'the other command goes on')
    await runner.close()
    t.same(await marked(marks[1]), [])
    await Promise.all(runs.map((run) => run.ended))
  })

  t.test(`${way.name}: many commands at once do not touch each other`, async (t) => {
    const runner = await runnerOf(t, way)
    const ends = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const command = testCommand(runner)
        const script = index % 3 === 0 ? `sleep 600 & echo ${index}` : `sleep 0.${index % 5}; echo ${index}`
        const { stdout, exitCode } = await command.run('/bin/sh', ['-c', script]).ended
        await command.end()
        return { stdout, exitCode }
      }),
    )
    t.same(
      ends,
      Array.from({ length: 24 }, (_, index) => ({ stdout: `${index}\n`, exitCode: 0 })),
    )
  })
}

for (const way of WAYS.filter(({ containment }) => containment !== 'process_group')) {
  t.test(`${way.name}: a program that forks faster than it can be listed is ended whole`, async (t) => {
    const mark = newMark()
    const command = testCommand(await runnerOf(t, way))
    const run = command.run('/bin/sh', ['-c', `"$0" ${mark} & while :; do sleep 1; done`, program('runs-away.sh')], {
      graceSeconds: 0,
    })
    await until(async () => (await marked(mark)).length > 0)
    run.stop()
    await run.ended
    t.same(await marked(mark), [])
  })
}
