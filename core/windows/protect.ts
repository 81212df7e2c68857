import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemProgram } from './system-program.ts'

/** Runs a program to its end; rejects where it fails. */
export type Call = (program: string, args: readonly string[]) => Promise<unknown>

/**
 * Arguments of `icacls` that leave a folder and all that will be in it to SYSTEM and Administrators, by identifiers: their names differ
 * from language to language.
 */
export const ONLY_ADMINISTRATORS: readonly string[] = [
  ...['/inheritance:r', '/grant:r'],
  ...['*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F'],
]

/**
 * Closes a folder and all that will be in it to everybody but SYSTEM, Administrators and its owner, who is the agent's account.
 *
 * @throws what the call throws.
 */
export async function protectFolder(path: string, call: Call = callProgram): Promise<void> {
  // OWNER RIGHTS: an agent that is no Administrator still needs its own folder.
  await call(systemProgram('icacls.exe'), [path, ...ONLY_ADMINISTRATORS, '*S-1-3-4:(OI)(CI)F'])
}

/** What an operator types to close a secret file. */
export function protectFileAdvice(path: string): string {
  return `icacls "${path}" /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F`
}

function callProgram(program: string, args: readonly string[]): Promise<unknown> {
  return promisify(execFile)(program, [...args], { windowsHide: true, timeout: 30_000 })
}
