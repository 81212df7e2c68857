import type { ChildProcess } from 'node:child_process'
import type { Logger } from '@gururmm/plugin-sdk'
import spawn from 'cross-spawn'
import { type Containment, hasExited, spawnOptionsOf, type Tree } from './containment.ts'

/** How the system's own programs are started; a test brings its own. */
export type Spawner = (program: string, args: readonly string[], options: object) => ChildProcess

/**
 * Windows: `taskkill /T /F` ends a program with all that descend from it. There is no polite signal for console programs, so a
 * stop is a kill. What a program left behind before it ended by itself is not found: its parent is gone.
 */
export function createWindowsContainment(logger: Logger, spawner: Spawner = spawn as Spawner): Containment {
  return {
    kind: 'windows',
    explanation:
      'Stopped runs are ended with taskkill /T /F; what a program leaves running after its own end survives.',
    start(launch) {
      // `detached` would open a console window of its own.
      const options = { ...spawnOptionsOf(launch), detached: false, windowsVerbatimArguments: launch.verbatim === true }
      return treeOf(spawner(launch.program, launch.args, options), spawner, logger)
    },
  }
}

function treeOf(child: ChildProcess, spawner: Spawner, logger: Logger): Tree {
  let killing = false
  const kill = (): void => {
    if (killing || hasExited(child)) return
    killing = true
    const taskkill = spawner('taskkill', ['/PID', String(child.pid), '/T', '/F'], {
      stdio: 'ignore',
      windowsHide: true,
    })
    taskkill.once('error', (error) => logger.error({ err: error, pid: child.pid }, 'taskkill could not be started'))
    taskkill.once('close', () => {
      killing = false
    })
  }
  return { child, isEmpty: () => hasExited(child), terminate: kill, kill, release() {} }
}
