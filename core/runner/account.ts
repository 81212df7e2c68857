import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { systemProgram } from '../windows/index.ts'
import type { RunAs } from './contract.ts'

/**
 * An account of this machine, for {@link RunnerOptions.runAs}.
 *
 * @param passwd content of /etc/passwd; accounts from elsewhere (LDAP) are not found.
 * @returns null where there is none of this name.
 */
export function findAccount(user: string, passwd: string = readFileSync('/etc/passwd', 'utf8')): RunAs | null {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)
  const [, , uid = '', gid = '', , home = '/'] = fields ?? []
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return null
  return { user, uid: Number(uid), gid: Number(gid), home }
}

/** Whether the agent has root's or an Administrator's rights, to keep for a program that is run `elevated`. */
export function hasElevatedRights(): boolean {
  if (process.platform !== 'win32') return process.geteuid?.() === 0
  const options = { stdio: 'ignore', windowsHide: true, timeout: 10_000 } as const
  windowsAdministrator ??= spawnSync(systemProgram('fltmc.exe'), options).status === 0
  return windowsAdministrator
}

/** `fltmc` answers to Administrators only; a process's rights do not change while it lives. */
let windowsAdministrator: boolean | undefined
