import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { type Launch, startChild } from '../spawn/index.ts'
import { type Containment, hasExited, signalProcess, type Tree } from './containment.ts'
import { allProcesses, linkOf } from './proc.ts'

const UNSHARE = ['--pid', '--fork', '--kill-child', '--mount-proc', '--']

/**
 * The first process of the namespace: takes over orphans, and ends the namespace when the program is over. Without the `exit` a
 * shell would become the program, and a first process ignores SIGTERM.
 */
const INIT = ['/bin/sh', '-c', '"$@"; exit $?', 'init']

/**
 * A PID namespace for each run, made by `unshare`, which only root may: when its first process ends, the kernel kills every
 * other. A program that a signal ended is seen as exit code 128 + n.
 *
 * @throws Error where a namespace cannot be made.
 */
export function createNamespaceContainment(): Containment {
  const tools = { unshare: systemTool('unshare'), setpriv: systemTool('setpriv') }
  const trial = spawnSync(tools.unshare, [...UNSHARE, ...INIT, 'true'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 10_000,
  })
  if (trial.status !== 0) throw new Error(trial.error?.message ?? trial.stderr.toString().trim())
  return {
    kind: 'pid_namespace',
    explanation: 'Each run has a PID namespace of its own; nothing it starts survives it.',
    start: (launch) => treeOf(spawnUnshared(launch, tools)),
  }
}

interface Tools {
  readonly unshare: string
  readonly setpriv: string
}

function spawnUnshared(launch: Launch, tools: Tools): Tree['child'] {
  checkExecutable(launch)
  const { account, ...asAgent } = launch
  // Taking on another account would clear the parent-death signal of the first process, so only the program takes it on.
  const drop =
    account === undefined
      ? []
      : [tools.setpriv, `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--']
  const args = [...UNSHARE, ...INIT, ...drop, launch.program, ...launch.args]
  return startChild({ ...asAgent, program: tools.unshare, args, account: undefined })
}

/** So many rounds of kill() are let pass while `unshare` has not made the namespace yet: then it is stuck. */
const STUCK_ROUNDS = 5

function treeOf(child: Tree['child']): Tree {
  let namespace: string | null = null
  let rounds = 0
  const find = (): string | null => {
    namespace ??= child.pid === undefined ? null : linkOf(child.pid, 'ns/pid_for_children')
    if (namespace === linkOf('self', 'ns/pid')) namespace = null
    return namespace
  }
  return {
    child,
    // By itself `unshare` ends after the first process, which the kernel lets end after all the others. Killed, it goes first.
    isEmpty: () => hasExited(child) && (namespace === null || membersOf(namespace).length === 0),
    terminate() {
      for (const pid of membersOf(find())) signalProcess(pid, 'SIGTERM')
    },
    kill() {
      const inside = membersOf(find())
      rounds++
      if (inside.length > 0 || rounds > STUCK_ROUNDS) child.kill('SIGKILL')
      for (const pid of inside) signalProcess(pid, 'SIGKILL')
    },
    release() {},
  }
}

function membersOf(namespace: string | null): number[] {
  return namespace === null ? [] : allProcesses().filter((pid) => linkOf(pid, 'ns/pid') === namespace)
}

/** By absolute path: the program's own PATH may lead elsewhere. */
function systemTool(name: string): string {
  const found = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(isExecutable)
  if (found === undefined) throw new Error(`${name} is not installed`)
  return found
}

/** A shell stands between, so what `execve` would say has to be found out beforehand. Throws as spawn would. */
function checkExecutable(launch: Launch): void {
  const { program } = launch
  const candidates = program.includes('/')
    ? [resolve(launch.cwd, program)]
    : (launch.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  const present = candidates.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  const [first] = present
  if (first === undefined) throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT' })
  if (!present.some(isExecutable)) throw Object.assign(new Error(`spawn ${first} EACCES`), { code: 'EACCES' })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
