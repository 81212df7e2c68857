/**
 * Puts the agent into the care of the machine's service manager: one file a service manager, which plans; perform.ts does.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { CommandError } from '@gururmm/plugin-sdk'
import type { ServiceManager } from './contract.ts'
import { launchd } from './launchd.ts'
import { createSystemd } from './systemd.ts'
import { createWindowsManager } from './windows.ts'

export type { ServiceManager, ServiceRequest, ServiceStatus, Step } from './contract.ts'
export { SERVICE_NAME } from './contract.ts'
export { ask, describeStep, perform } from './perform.ts'
export { requireReadable } from './reach.ts'

export interface MachineFacts {
  /** Whether the machine has an account of this name. */
  hasAccount(user: string): boolean
  /** Where this installation has WinSW, if it has it. */
  readonly wrapper: string
}

/** What systemd itself looks at to tell whether it runs. */
const SYSTEMD_RUNS = '/run/systemd/system'

/** Whether the service manager runs that this platform mostly has; a plan for it can be made without. */
export function isManagerRunning(): boolean {
  return process.platform !== 'linux' || existsSync(SYSTEMD_RUNS)
}

/**
 * The service manager of this machine.
 *
 * @param planOnly nothing will be carried out, so on Linux systemd need not run. Default: false.
 * @throws CommandError `SERVICE_UNSUPPORTED` where there is none that the agent knows.
 */
export function findServiceManager({ hasAccount, wrapper }: MachineFacts, planOnly = false): ServiceManager {
  if (process.platform === 'win32') {
    if (!existsSync(wrapper)) throw withoutWrapper(wrapper)
    return createWindowsManager({ wrapper, programData: process.env.ProgramData ?? 'C:\\ProgramData' })
  }
  if (process.platform === 'darwin') return launchd
  if (process.platform === 'linux' && (planOnly || isManagerRunning()))
    return createSystemd({ exists: existsSync, hasAccount })
  const message =
    'Expected systemd, launchd or the Windows service control manager to install the service with, found none of them running here; ' +
    'let your own service manager run `gururmm-agent start`.'
  throw new CommandError('SERVICE_UNSUPPORTED', message, { refused: true })
}

function withoutWrapper(wrapper: string): CommandError {
  const message = `Windows starts services through WinSW, which this installation has not (${wrapper}); install the agent’s own package for Windows.`
  return new CommandError('SERVICE_UNSUPPORTED', message, { refused: true })
}
