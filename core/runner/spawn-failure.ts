import { statSync } from 'node:fs'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Launch } from './containment/index.ts'

/** What to do about each way in which a program cannot be started. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'it was not found: install it, or name it by its absolute path',
  EACCES: 'it is not executable for this account: check its permissions and those of the folders above it',
  EPERM: 'the agent may not start it under this account: check the run-as user and the agent’s own rights',
  ENOEXEC: 'it is no program for this machine: check its format, or the first line of a script',
  E2BIG:
    'its arguments and environment are longer than the system takes: hand long data over on standard input or in a file',
  EMFILE: 'the agent has no file descriptors left: try again, and raise its limit if this comes often',
  ENFILE: 'the machine has no file descriptors left: try again once something has ended',
  EAGAIN: 'the account has as many processes as it may have: try again once something has ended',
  ENOMEM: 'the machine has no memory left: try again once something has ended',
  ERR_INVALID_ARG_VALUE: 'its name, an argument or its environment holds a NUL character: leave it out',
}

/** Says in a sentence why a program could not be started and what helps: `SPAWN_FAILED`, or `DIRECTORY_MISSING` where that is the reason. */
export function spawnFailure(error: unknown, launch: Launch): CommandError {
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') {
    const problem = directoryProblem(launch.cwd)
    if (problem !== null) {
      const message = `The directory ${quoted(launch.cwd)} ${problem}; create it, or name another.`
      return new CommandError('DIRECTORY_MISSING', message, { refused: true, cause: error })
    }
  }
  const known = typeof code === 'string' ? ADVICE[code] : undefined
  const reason = known ?? (error instanceof Error ? error.message : String(error))
  return new CommandError('SPAWN_FAILED', `The program ${quoted(launch.program)} could not be started: ${reason}.`, {
    refused: true,
    cause: error,
  })
}

function directoryProblem(path: string): string | null {
  try {
    return statSync(path).isDirectory() ? null : 'is not a directory'
  } catch {
    return 'does not exist or cannot be entered'
  }
}

/** Foreign text in a message: quoted, and not longer than a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
