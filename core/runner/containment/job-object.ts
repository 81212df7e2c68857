import type { ChildProcess } from 'node:child_process'
import spawn from 'cross-spawn'
import type { Launch } from '../spawn/index.ts'
import { type Containment, hasExited, type Tree } from './containment.ts'
import { windowsSpawnOptions } from './taskkill.ts'
import type { WindowsJobs } from './windows-jobs.ts'

/**
 * Windows: a job object for each run. What is in one cannot leave it, and Windows ends all of it at once: at a stop, after the
 * program's own end, and when the agent dies in whatever way. There is no polite signal for console programs, so a stop is a kill.
 */
export function createJobContainment(
  jobs: WindowsJobs,
  start: (launch: Launch) => ChildProcess = (launch) => spawn(launch.program, launch.args, windowsSpawnOptions(launch)),
): Containment {
  return {
    kind: 'job_object',
    explanation: 'Each run has a job object of its own; nothing it starts survives it or the agent.',
    start(launch) {
      const job = jobs.create()
      try {
        const child = start(launch)
        if (child.pid !== undefined) job.add(child.pid)
        return treeOf(child, job)
      } catch (error) {
        job.close()
        throw error
      }
    },
  }
}

function treeOf(child: ChildProcess, job: ReturnType<WindowsJobs['create']>): Tree {
  const kill = (): void => job.terminate()
  return {
    child,
    isEmpty: () => hasExited(child) && job.count() === 0,
    terminate: kill,
    kill,
    release: () => job.close(),
  }
}
