import { readFileSync } from 'node:fs'
import { CommandError, type Logger } from '@gururmm/plugin-sdk'
import type { RunnerOptions } from '../contract.ts'
import { createCgroupContainment } from './cgroup.ts'
import type { Containment } from './containment.ts'
import { findOwnCgroup } from './find-cgroup.ts'
import type { Instance } from './instance.ts'
import { createJobContainment } from './job-object.ts'
import { createNamespaceContainment } from './pid-namespace.ts'
import { createGroupContainment } from './process-group.ts'
import { createTaskkillContainment } from './taskkill.ts'
import { loadWindowsJobs } from './windows-jobs.ts'

export type { Launch } from '../spawn/index.ts'
export type { Containment, Tree } from './containment.ts'
export { currentInstance, type Instance } from './instance.ts'
export { MARKER, processMarker, sweepMarked } from './marker.ts'

type Kind = Exclude<NonNullable<RunnerOptions['containment']>, 'auto'>

/**
 * The kind of containment asked for, or the strongest that works here.
 *
 * @throws CommandError `CONTAINMENT_UNAVAILABLE` where a kind was asked for that does not work here.
 */
export function chooseContainment(wanted: Kind | 'auto', instance: Instance, logger: Logger): Containment {
  if (process.platform === 'win32') return chooseOnWindows(logger)
  if (wanted !== 'auto') {
    try {
      return create(wanted, instance, logger)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CommandError('CONTAINMENT_UNAVAILABLE', `Containment ${wanted} does not work here: ${reason}.`, {
        cause: error,
      })
    }
  }
  for (const kind of ['cgroup', 'pid_namespace'] as const) {
    try {
      return create(kind, instance, logger)
    } catch (error) {
      logger.debug(
        { kind, reason: error instanceof Error ? error.message : String(error) },
        'containment does not work here',
      )
    }
  }
  return createGroupContainment()
}

/** Tried in earnest: a job object that cannot be made now would otherwise be missed at the first command. */
function chooseOnWindows(logger: Logger): Containment {
  try {
    const jobs = loadWindowsJobs()
    jobs.create().close()
    return createJobContainment(jobs)
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    logger.warn({ err: error }, 'job objects cannot be had: what a program leaves running may survive it')
    return createTaskkillContainment(reason, logger)
  }
}

function create(kind: Kind, instance: Instance, logger: Logger): Containment {
  if (kind === 'process_group') return createGroupContainment()
  if (process.platform !== 'linux') throw new Error('it needs Linux')
  if (kind === 'cgroup') return createCgroupContainment(ownCgroup(), instance, logger)
  if (process.geteuid?.() !== 0) throw new Error('it needs root')
  return createNamespaceContainment()
}

function ownCgroup(): string {
  const own = findOwnCgroup(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'))
  if (own === null) throw new Error('no cgroup v2 hierarchy is mounted')
  return own
}
