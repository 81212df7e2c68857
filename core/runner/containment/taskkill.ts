import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Logger } from '@gururmm/plugin-sdk'
import spawn from 'cross-spawn'
import { systemProgram } from '../../windows/index.ts'
import { type Launch, spawnOptionsOf } from '../spawn/index.ts'
import { type Containment, hasExited, type Tree } from './containment.ts'

/** How the system's own programs are started; a test brings its own. */
export type Spawner = (program: string, args: readonly string[], options: object) => ChildProcess

/**
 * Windows where job objects cannot be had: `taskkill /T /F` ends a program with all that descend from it. What a program left behind
 * before it ended by itself is not found: its parent is gone.
 *
 * @param reason why there are no job objects, as it reads in parentheses.
 */
export function createTaskkillContainment(
  reason: string,
  logger: Logger,
  spawner: Spawner = spawn as Spawner,
): Containment {
  return {
    kind: 'taskkill',
    explanation: `Stopped runs are ended with taskkill /T /F; what a program leaves running after its own end, or after the agent’s, survives, as job objects cannot be had here (${reason}).`,
    start: (launch) => treeOf(spawner(launch.program, launch.args, windowsSpawnOptions(launch)), spawner, logger),
  }
}

/** What both kinds of Windows pass to spawn. */
export function windowsSpawnOptions(launch: Launch): SpawnOptions {
  // `detached` would open a console window of its own.
  return { ...spawnOptionsOf(launch), detached: false, windowsVerbatimArguments: launch.verbatim === true }
}

function treeOf(child: ChildProcess, spawner: Spawner, logger: Logger): Tree {
  let killing = false
  const kill = (): void => {
    if (killing || hasExited(child)) return
    killing = true
    const options = { stdio: 'ignore', windowsHide: true }
    const taskkill = spawner(systemProgram('taskkill.exe'), ['/PID', String(child.pid), '/T', '/F'], options)
    taskkill.once('error', (error) => logger.error({ err: error, pid: child.pid }, 'taskkill could not be started'))
    taskkill.once('close', (code) => {
      killing = false
      // Without the tree at least the program itself.
      if (code !== 0) child.kill()
    })
  }
  return { child, isEmpty: () => hasExited(child), terminate: kill, kill, release() {} }
}
