import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'
import { KINDS, newMark, program, testCommand, testRunner, until } from '../support.ts'

const ownCgroup = () => readFileSync('/proc/self/cgroup', 'utf8')

/** Only where the agent may make cgroups; elsewhere there is nothing to say. */
if (KINDS.includes('cgroup')) {
  const baseOf = (explanation: string) => / below (\S+);/.exec(explanation)?.[1] ?? ''

  t.test('runs one after the other share a cgroup, and the agent is never left in it', async (t) => {
    const runner = testRunner(t, { containment: 'cgroup' })
    const before = ownCgroup()
    const command = testCommand(runner)
    for (let count = 0; count < 5; count++) await command.run('true', []).ended
    await t.rejects(command.run('/bin/echo', ['x'.repeat(4_000_000)]).ended, { code: 'SPAWN_FAILED' })
    await t.rejects(command.run('no-such-program', []).ended, { code: 'SPAWN_FAILED' })
    t.equal(ownCgroup(), before)
    const base = baseOf(runner.containment.explanation)
    t.equal(readdirSync(base).filter((name) => name.startsWith('run-')).length, 1)
  })

  t.test('cgroups that somebody removed are made again', async (t) => {
    const runner = testRunner(t, { containment: 'cgroup' })
    const base = baseOf(runner.containment.explanation)
    t.match(basename(base), /^gururmm-/)
    const command = testCommand(runner)
    await command.run('true', []).ended
    rmdirSync(join(base, 'run-1'))
    rmdirSync(base)
    t.hasStrict(await command.run('echo', ['fine']).ended, { stdout: 'fine\n', exitCode: 0 })
  })

  t.test('cgroups that a run made below its own are gone with it', async (t) => {
    const runner = testRunner(t, { containment: 'cgroup' })
    const base = baseOf(runner.containment.explanation)
    const mark = newMark()
    const command = testCommand(runner)
    const script = `mkdir ${base}/run-1/inner && echo $$ > ${base}/run-1/inner/cgroup.procs && exec /bin/sh ${program('starts-strays.sh')} ${mark} wait`
    const run = command.run('/bin/sh', ['-c', script], { graceSeconds: 0.1 })
    for await (const _ of run.lines('stdout')) run.stop()
    t.hasStrict(await run.ended, { endedBy: 'stop' })
    await runner.close()
    await until(() => !readdirSync(dirname(base)).includes(basename(base)))
  })
}
