import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import t from 'tap'
import { createTaskkillContainment } from '../../../../core/runner/containment/taskkill.ts'
import { recordingLogger } from '../support.ts'

interface Call {
  readonly program: string
  readonly args: readonly string[]
  readonly options: object
  readonly child: ChildProcess
}

/** Stands in for the system: records what would be started. */
function fakeSpawner() {
  const calls: Call[] = []
  const killed: number[] = []
  const spawner = (program: string, args: readonly string[], options: object) => {
    const child = Object.assign(new EventEmitter(), {
      pid: 4000 + calls.length,
      exitCode: null,
      signalCode: null,
      kill: () => killed.push(child.pid),
    })
    calls.push({ program, args, options, child: child as unknown as ChildProcess })
    return child as unknown as ChildProcess
  }
  return { calls, killed, spawner }
}

const launch = {
  program: 'cmd.exe',
  args: ['/d', '/s', '/c', '"dir"'],
  cwd: 'C:\\',
  env: { PATH: 'x' },
  account: undefined,
}

t.test('a program starts without a window, and a command line goes through as it is', async (t) => {
  const { calls, spawner } = fakeSpawner()
  createTaskkillContainment('no package', recordingLogger(), spawner).start({ ...launch, verbatim: true })
  t.match(calls, [
    {
      program: 'cmd.exe',
      args: launch.args,
      options: { windowsHide: true, windowsVerbatimArguments: true, detached: false, cwd: 'C:\\' },
    },
  ])
})

t.test('the whole tree is ended by exactly one taskkill at a time, and by none once the program is over', async (t) => {
  const { calls, spawner } = fakeSpawner()
  const tree = createTaskkillContainment('no package', recordingLogger(), spawner).start(launch)
  t.equal(tree.isEmpty(), false)
  tree.terminate()
  tree.kill()
  t.equal(calls.length, 2)
  t.same([calls[1]?.program, calls[1]?.args], ['C:\\Windows\\System32\\taskkill.exe', ['/PID', '4000', '/T', '/F']])
  calls[1]?.child.emit('close', 0)
  tree.kill()
  t.equal(calls.length, 3, 'it is tried again where the first did not help')
  Object.assign(tree.child, { exitCode: 1 })
  calls[2]?.child.emit('close', 0)
  tree.kill()
  t.equal(calls.length, 3)
  t.equal(tree.isEmpty(), true)
})

t.test('a taskkill that cannot be started is logged', async (t) => {
  const { calls, spawner } = fakeSpawner()
  const logger = recordingLogger()
  createTaskkillContainment('no package', logger, spawner).start(launch).kill()
  calls[1]?.child.emit('error', new Error('not found'))
  t.hasStrict(logger.lines, [{ level: 'error' }])
})

t.test('where taskkill fails, the program itself is ended', async (t) => {
  const { calls, killed, spawner } = fakeSpawner()
  createTaskkillContainment('no package', recordingLogger(), spawner).start(launch).kill()
  calls[1]?.child.emit('close', 1)
  t.same(killed, [4000])
})
