import { CommandError } from '@gururmm/plugin-sdk'
import { hasElevatedRights } from './account.ts'
import { createCommandRunner, type RunnerHost } from './command-runner.ts'
import { type Containment, chooseContainment, currentInstance, MARKER, sweepMarked } from './containment/index.ts'
import type { CommandRunner, Runner, RunnerOptions } from './contract.ts'
import { baseEnvironment } from './environment.ts'
import { LauncherPool } from './launchers/launcher-pool.ts'
import { codePageDecoder, consoleCodePage } from './output/decode.ts'
import { startsDescribed } from './spawn/index.ts'

/**
 * Makes the runner of this agent.
 *
 * @throws CommandError `CONTAINMENT_UNAVAILABLE` where the kind asked for does not work here; `RUN_AS_UNAVAILABLE` where a
 *   run-as account is set and the agent is not root.
 */
export function createRunner(options: RunnerOptions): Runner {
  const { logger, redactor, runAs = null } = options
  requireRunAs(runAs !== null)
  const instance = currentInstance()
  const { containment: wanted = 'auto' } = options
  let chosen: Containment | null = null
  // Trying what works here takes some 15 ms, in which an agent that starts had better connect.
  const containment = (): Containment => {
    chosen ??= chooseContainment(wanted, instance, logger)
    return chosen
  }
  if (wanted !== 'auto') containment()
  const environments = {
    own: options.environment ?? baseEnvironment(null),
    account: options.environment ?? baseEnvironment(runAs),
  }
  const commands = new Set<CommandRunner>()
  let runs = 0
  let codePage: number | null | undefined
  let closed: Promise<void> | null = null

  const account = runAs === null ? undefined : { uid: runAs.uid, gid: runAs.gid }
  const nextMarker = (): string => `${instance.id}.${++runs}`
  let pool: LauncherPool | null = null
  const launchers = (): LauncherPool => {
    pool ??= new LauncherPool(containment(), {
      size: process.platform === 'linux' ? (options.launchers ?? 0) : 0,
      account,
      nextEnvironment: () => ({ ...environments.account, [MARKER]: nextMarker() }),
      logger,
    })
    return pool
  }

  const host: RunnerHost = {
    start: (launch) => launchers().start(launch),
    logger,
    redactor,
    runAs,
    environment: (elevated) => (elevated ? environments.own : environments.account),
    nextMarker,
    systemDecoder() {
      codePage ??= consoleCodePage()
      return codePageDecoder(codePage, logger)
    },
  }
  return {
    get containment() {
      const { kind, explanation } = containment()
      return { kind, explanation }
    },
    get starts() {
      return startsDescribed()
    },
    get launchers() {
      return launchers()
    },
    forCommand(command) {
      const created = createCommandRunner(host, command)
      const runner: CommandRunner = { ...created, end: () => created.end().finally(() => commands.delete(runner)) }
      commands.add(runner)
      if (closed !== null) void runner.end()
      return runner
    },
    async sweepLeftovers() {
      const killed = (await containment().sweep?.()) ?? 0
      return killed + (process.platform === 'linux' ? await sweepMarked(instance) : 0)
    },
    close() {
      closed ??= Promise.all([...commands].map((command) => command.end()))
        .then(() => pool?.close())
        .then(() => chosen?.close?.())
      return closed
    },
  }
}

function requireRunAs(wanted: boolean): void {
  if (!wanted || (process.platform !== 'win32' && hasElevatedRights())) return
  const message =
    'A run-as account needs an agent that runs as root on Linux or macOS; start it as root, or leave the account out.'
  throw new CommandError('RUN_AS_UNAVAILABLE', message)
}
