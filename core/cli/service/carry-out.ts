import { CommandError } from '@gururmm/plugin-sdk'
import { findInstallation } from '../../agent/installation.ts'
import { findAccount, hasElevatedRights } from '../../runner/index.ts'
import {
  describeStep,
  findServiceManager,
  isManagerRunning,
  perform,
  type ServiceManager,
  type Step,
} from '../../service/index.ts'
import { note, print, printJson, style } from '../output.ts'

export interface PlanFlags {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** The service manager of this machine, for the agent of this installation; for a dry run one that does not run will do. */
export function serviceManager({ dryRun = false }: PlanFlags = {}): ServiceManager {
  const { serviceWrapper } = findInstallation()
  return findServiceManager({ hasAccount: (user) => findAccount(user) !== null, wrapper: serviceWrapper }, dryRun)
}

/**
 * Shows the steps, and unless it is a dry run carries them out.
 *
 * @param hint said at the end of what was really done.
 * @throws CommandError `SERVICE_RIGHTS_MISSING`, `SERVICE_STEP_FAILED`.
 */
export async function carryOut(
  manager: ServiceManager,
  steps: readonly Step[],
  { dryRun = false, json = false }: PlanFlags,
  hint: string,
): Promise<void> {
  if (!dryRun) requireRights()
  if (dryRun && !isManagerRunning()) {
    note(`${manager.name} does not run on this machine; where it runs, this would be done:`)
  }
  if (dryRun && !json) for (const step of steps) show(step, true)
  if (!dryRun) await perform(steps, (step) => !json && show(step, false))
  if (json) printJson({ manager: manager.name, dryRun, steps })
  else if (!dryRun) print(hint)
}

function requireRights(): void {
  if (hasElevatedRights()) return
  const who = process.platform === 'win32' ? 'an Administrator’s terminal' : 'root’s rights (`sudo`)'
  const message = `Changing services takes ${who}, which this call has not; with --dry-run it only shows what it would do.`
  throw new CommandError('SERVICE_RIGHTS_MISSING', message, { refused: true })
}

/** A dry run shows the whole text of what would be written. */
function show(step: Step, whole: boolean): void {
  print(`${style('bold', '→')} ${describeStep(step)}`)
  if (whole && step.kind === 'file') print(step.content.replaceAll(/^(?=.)/gm, '    ').trimEnd())
}
