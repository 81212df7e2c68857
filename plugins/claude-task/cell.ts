import { join } from 'node:path'
import type { CommandContext, Directory } from '@gururmm/plugin-sdk'
import { type Broker, makeCredentials, routeFor, startBroker } from './broker/index.ts'
import type { Cli } from './cli/probe.ts'
import { argumentsFor, settingsFor } from './command-line.ts'
import type { Config } from './config-schema.ts'
import { environmentFor } from './environment.ts'
import type { TaskPlace } from './policy/file-call.ts'
import type { TaskPolicy } from './policy/task-policy.ts'
import { INSIDE, sandboxArguments } from './sandbox/arguments.ts'
import { chooseSandbox, type Sandbox } from './sandbox/choose.ts'
import { type Covered, findCovered, setAside } from './sandbox/covered.ts'
import { hiddenInside, identityOf, writeAccounts } from './sandbox/inside.ts'
import { systemParts } from './sandbox/system.ts'
import type { TaskData } from './schemas.ts'
import type { Scratch } from './scratch.ts'

/** What a cell is made for. */
export interface CellTask {
  readonly policy: TaskPolicy
  readonly directory: Directory
  readonly place: TaskPlace
  readonly uid: number | null
  readonly scratch: Scratch
  readonly cli: Cli
}

/** All that stands between the CLI of one task and the machine. */
export interface Cell {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** Why the last request did not get to the API; null: it did. */
  failure(): string | null
  /** Which layers there were, and what they saw. */
  layers(): TaskData['layers']
  /** Ends the broker, and takes the effect from what commands planted. To be called once, when the CLI has ended. */
  close(): Promise<void>
}

/** Retries, what the CLI asks beside the task, and its attempts to ask more simply, come on top of a task's turns. */
const REQUESTS_A_TURN = 6
const MORE_REQUESTS = 20

/**
 * Builds the cell of a task: broker, settings, sandbox.
 *
 * @throws CommandError `SECRET_UNAVAILABLE`, `CLAUDE_ROUTE_INVALID`, `CLAUDE_SANDBOX_MISSING`, `DIRECTORY_OUTSIDE`; all refused.
 */
export async function buildCell(task: CellTask, ctx: CommandContext<Config>): Promise<Cell> {
  const { policy, place, scratch, cli, uid } = task
  const credentials = makeCredentials((await ctx.secret('apiKeyFile')).trim())
  const sandbox = await chooseSandbox(policy, cli.path, ctx.run.bind(ctx))
  await scratch.writeSettings(settingsFor(policy, place.hidden, sandbox.kind))
  const route = await routeFor({ ...ctx.config.environment, ...policy.environment })
  const isBoxed = sandbox.kind === 'bubblewrap'
  const socket = isBoxed ? join(scratch.root, 'api') : null
  const broker = await startBroker({
    ...{ credentials, route, maxRequests: policy.maxTurns * REQUESTS_A_TURN + MORE_REQUESTS },
    address: socket === null ? 'loopback' : { socket, uid },
  })
  const access = { ...credentials, url: broker.url, socket: isBoxed ? INSIDE.socket : null }
  const env = environmentFor(ctx.config, policy, isBoxed ? INSIDE : scratch, access)
  const own = argumentsFor(policy, isBoxed ? INSIDE.settingsFile : scratch.settingsFile)
  try {
    if (socket === null || sandbox.kind !== 'bubblewrap') {
      return { program: cli.path, args: own, env, ...ending(task, broker, sandbox, null) }
    }
    const { args, planted } = await boxed(task, { ...sandbox, socket })
    return { program: 'bwrap', args: [...args, ...own], env, ...ending(task, broker, sandbox, planted) }
  } catch (error) {
    await broker.close()
    throw error
  }
}

async function boxed(
  { policy, directory, place, scratch, cli, uid }: CellTask,
  { features, socket }: Extract<Sandbox, { kind: 'bubblewrap' }> & { socket: string },
): Promise<{ readonly args: readonly string[]; readonly planted: Covered | null }> {
  const hasBash = policy.tools.includes('Bash')
  const writable = place.access === 'read-write' && policy.profile.name !== 'inspect'
  await writeAccounts(scratch.root, uid ?? process.geteuid?.() ?? 0)
  // The CLI's own tools are asked about one by one; what a command reads and writes only mounts can bound.
  const closed = hasBash ? await findCovered(directory.path, policy.denyRead) : null
  const kept = hasBash && writable ? await findCovered(directory.path, policy.denyWrite) : null
  const content = {
    ...{ directory: directory.path, writable, identity: await identityOf(directory.path) },
    ...{ program: cli.path, socket, settingsFile: scratch.settingsFile, accounts: scratch.root, hasBash },
    hidden: await hiddenInside([...place.hidden, ...(closed?.found ?? []).map(({ path }) => path)], directory.path),
    kept: (kept?.found ?? []).map(({ path }) => path),
  }
  const partial = closed?.complete === false || kept?.complete === false
  const args = sandboxArguments(content, await systemParts(hasBash), features)
  return { args, planted: kept && { ...kept, complete: !partial } }
}

function ending(task: CellTask, broker: Broker, sandbox: Sandbox, kept: Covered | null) {
  let aside: readonly string[] = []
  return {
    failure: () => broker.tally().failure,
    layers: (): TaskData['layers'] => {
      const { requests, refused } = broker.tally()
      return {
        sandbox: sandbox.kind,
        sandbox_reason: sandbox.kind === 'none' ? sandbox.why : null,
        network: sandbox.kind === 'bubblewrap' ? 'broker' : 'open',
        masks: kept === null ? 'none' : kept.complete ? 'all' : 'some',
        requests,
        requests_refused: refused,
        set_aside: [...aside].slice(0, 50),
      }
    },
    async close() {
      await broker.close()
      if (kept !== null) aside = await setAside(task.directory.path, task.policy.denyWrite, kept)
    },
  }
}
