import type { RunOptions } from '@gururmm/plugin-sdk'
import t from 'tap'
import { Redactor } from '../../../core/redaction/index.ts'
import { type Containment, hasExited } from '../../../core/runner/containment/containment.ts'
import { createCommandOutput } from '../../../core/runner/output/command-output.ts'
import { utf8Decoder } from '../../../core/runner/output/decode.ts'
import { type HeldRun, startRun } from '../../../core/runner/run.ts'
import { startChild } from '../../../core/runner/spawn/index.ts'
import { recordingLogger, until } from './support.ts'

/** Keeps the event loop from turning. */
function stall(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Contains nothing; does `beforeOutput` when only the rest of the output is still to come. */
function bareContainment(beforeOutput: () => void): Containment {
  return {
    kind: 'process_group',
    explanation: '',
    start(launch) {
      const child = startChild(launch)
      return {
        child,
        isEmpty: () => hasExited(child),
        terminate: () => void child.kill('SIGTERM'),
        kill: () => void child.kill('SIGKILL'),
        release: beforeOutput,
      }
    },
  }
}

function runBare(script: string, options: RunOptions = {}, beforeOutput = () => {}): HeldRun {
  return startRun({
    launch: { program: '/bin/sh', args: ['-c', script], cwd: '/', env: { PATH: '/usr/bin:/bin' }, account: undefined },
    start: (launch) => bareContainment(beforeOutput).start(launch),
    redactor: new Redactor(),
    logger: recordingLogger(),
    options,
    capture: createCommandOutput(1024).open(),
    decoder: utf8Decoder,
    onOutput() {},
    verify: () => null,
  })
}

t.test('output that came while the agent itself stalled is not taken for missing', async (t) => {
  const { run } = runBare('setsid -f sh -c "sleep 0.1; echo late"; echo early', {}, () => {
    // Longer than the output is waited for; the late line comes meanwhile, and nobody listens.
    setImmediate(() => stall(1500))
  })
  t.hasStrict(await run.ended, { stdout: 'early\nlate\n', exitCode: 0, endedBy: 'exit' })
})

t.test('a stall of the agent is no idle time of the program', async (t) => {
  let lines = 0
  const { run } = runBare('for i in 1 2 3; do echo $i; sleep 0.4; done', { idleTimeoutSeconds: 1 })
  const reading = (async () => {
    for await (const _ of run.lines('stdout')) if (++lines === 1) setImmediate(() => stall(1100))
  })()
  t.hasStrict(await run.ended, { stdout: '1\n2\n3\n', endedBy: 'exit' })
  await reading
})

t.test('a stranger that holds the output open is not waited for once it is silent', async (t) => {
  const { run } = runBare('setsid -f sleep 5; echo done')
  t.hasStrict(await run.ended, { stdout: 'done\n', exitCode: 0, endedBy: 'exit' })
})

t.test('an unkillable program is given up, and the run ends without an exit code', async (t) => {
  const containment: Containment = {
    ...bareContainment(() => {}),
    start(launch) {
      const child = startChild(launch)
      t.teardown(() => child.kill('SIGKILL'))
      return { child, isEmpty: () => false, terminate() {}, kill() {}, release() {} }
    },
  }
  const logger = recordingLogger()
  const held = startRun({
    launch: { program: 'sleep', args: ['600'], cwd: '/', env: { PATH: '/usr/bin:/bin' }, account: undefined },
    start: (launch) => containment.start(launch),
    redactor: new Redactor(),
    logger,
    options: { graceSeconds: 0 },
    capture: null,
    decoder: utf8Decoder,
    onOutput() {},
    verify: () => null,
  })
  held.stop('timeout')
  t.hasStrict(await held.run.ended, { exitCode: null, signal: null, endedBy: 'timeout' })
  await until(() => logger.lines.some(({ level }) => level === 'error'))
})
