import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { findOwnCgroup } from '../../../../core/runner/containment/find-cgroup.ts'
import { COMPILE_CACHE, UNBUILT } from '../../../helpers/unbuilt.ts'
import { KINDS, marked, newMark, program, testCommand, testRunner } from '../support.ts'

/** An agent in a process of its own, whose command has started its strays. */
async function startAgent(t: Test, containment: string, mark: string): Promise<ChildProcess> {
  const agent = spawn(process.execPath, [...UNBUILT, program('agent.ts'), containment, mark], {
    env: { ...process.env, ...COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => agent.kill('SIGKILL'))
  const [said] = await once(agent.stdout as NonNullable<typeof agent.stdout>, 'data')
  t.equal(String(said), 'ready\n')
  return agent
}

/** Those of the strays that stay as they are; the others still start some. */
async function sleepersOf(mark: string): Promise<string[]> {
  return (await marked(mark)).filter((process) => /^\d+ sleep /.test(process))
}

for (const containment of KINDS) {
  t.test(
    `${containment}: what an agent that was killed left running is ended by the next, what a living one runs is not`,
    async (t) => {
      const [deadMark, livingMark] = [newMark(), newMark()]
      const dead = await startAgent(t, containment, deadMark)
      const living = await startAgent(t, containment, livingMark)
      dead.kill('SIGKILL')
      await once(dead, 'exit')
      const before = await sleepersOf(livingMark)

      // How many is not asked: any other agent of this machine that starts just now sweeps as well.
      const next = testRunner(t)
      await next.sweepLeftovers()
      t.same(await marked(deadMark), [])
      const after = await sleepersOf(livingMark)
      t.same(
        before.filter((process) => !after.includes(process)),
        [],
      )

      living.kill('SIGKILL')
      await once(living, 'exit')
      await next.sweepLeftovers()
      t.same(await marked(livingMark), [])
    },
  )
}

t.test('an agent that ran is no leftover itself, and its cgroups are gone with it', async (t) => {
  const runner = testRunner(t)
  await runner.sweepLeftovers()
  const command = testCommand(runner)
  t.hasStrict(await command.run('/bin/sh', ['-c', 'exit 3']).ended, { exitCode: 3 })
  await runner.close()
  const own = findOwnCgroup(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'))
  const left = own === null ? [] : readdirSync(own).filter((name) => name.includes(`-${process.pid}-`))
  t.same(left, [])
})
