import { isAbsolute, resolve } from 'node:path'
import { type ApprovalRequest, type CommandContext, CommandError, type Directory } from '@gururmm/plugin-sdk'
import { isInside } from '../../runner/index.ts'
import type { PluginSetup } from '../hosted-plugin.ts'
import { type BridgedRun, bridgeRun } from './bridged-run.ts'
import { isId, isStrings } from './message.ts'
import type { IsolatedParts } from './options.ts'
import { violation } from './peer.ts'
import { requireEnvironment, runOptionsOf } from './run-options.ts'

/** Of one command at the same time. */
const MAX_RUNS = 256
const MAX_DIRECTORIES = 64

type Body = Readonly<Record<string, unknown>>

/** What the isolated plugin was granted, as far as the host has to look after it. */
export interface BridgeGrants {
  /** Absolute folders; directories are opened only below them. */
  readonly folders: readonly string[]
  /** Names of variables that it may set for programs. */
  readonly environment: readonly string[]
}

export function grantsOf({ permissions, settings }: PluginSetup, { folder, dataDir }: IsolatedParts): BridgeGrants {
  const list = (paths: readonly string[] | 'all') => (paths === 'all' ? [] : paths)
  return {
    folders: [folder, dataDir, ...list(permissions.read), ...list(permissions.write)],
    environment: settings.permissions?.environment ?? [],
  }
}

/** Does for a handler in another process what its context would do in this one, and believes nothing it says. */
export interface CommandBridge {
  /** @throws CommandError, which the handler gets; an error of {@link violation} where no honest plugin would ask so. */
  call(action: string, body: Body): Promise<unknown>
  note(action: string, body: Body): void
}

export function bridgeCommand(context: CommandContext<never>, grants: BridgeGrants): CommandBridge {
  const runs = new Map<number, BridgedRun>()
  const directories = new Map<number, Directory>()
  let opened = 0
  let opening = 0

  const runOf = ({ run }: Body): BridgedRun => {
    const found = runs.get(run as number)
    if (found === undefined) throw new CommandError('INPUT_CLOSED', 'The program has ended, or was never started.')
    return found
  }
  const start = (body: Body) => {
    const { run, program, args, options, lines } = body
    const shaped = isId(run) && typeof program === 'string' && isStrings(args, 65_536) && isStrings(lines, 2)
    if (!shaped || runs.has(run)) throw violation('it asked for a program in a way that no plugin does')
    if (runs.size >= MAX_RUNS) throw tooMany('programs', MAX_RUNS)
    const checked = runOptionsOf(options, (id) => directories.get(id))
    requireEnvironment(checked, grants.environment)
    const bridged = bridgeRun(context.run(program, args, checked), lines)
    runs.set(run, bridged)
    return bridged.ended
  }
  const open = async ({ path, within }: Body) => {
    if (typeof path !== 'string' || !isStrings(within, 4096)) throw violation('it named a directory that is no path')
    if (directories.size + opening >= MAX_DIRECTORIES) throw tooMany('directories', MAX_DIRECTORIES)
    requireGranted(path, grants.folders)
    opening++
    try {
      const directory = await openWithin(context, path, within, grants.folders)
      directories.set(++opened, directory)
      return { directory: opened, path: directory.path }
    } finally {
      opening--
    }
  }
  const close = async ({ directory }: Body) => {
    const held = directories.get(directory as number)
    directories.delete(directory as number)
    await held?.close()
  }
  const calls: Readonly<Record<string, (body: Body) => Promise<unknown>>> = {
    run: async (body) => start(body),
    write: async (body) => runOf(body).write(body.data),
    lines: async (body) => runOf(body).lines(body.stream),
    openDirectory: open,
    closeDirectory: close,
    approve: async ({ question }) => context.approve(questionOf(question)),
  }
  const notes: Readonly<Record<string, (body: Body) => void>> = {
    progress: ({ event }) => context.progress(event as object),
    end: ({ run, data }) => runs.get(run as number)?.end(data),
    stopRun: ({ run }) => runs.get(run as number)?.stop(),
    leaveLines: ({ run, stream }) => runs.get(run as number)?.leaveLines(stream),
  }
  return {
    async call(action, body) {
      const serve = Object.hasOwn(calls, action) ? calls[action] : undefined
      if (serve === undefined) throw violation('it asked for something that the agent does not have')
      return serve(body)
    },
    note(action, body) {
      const serve = Object.hasOwn(notes, action) ? notes[action] : undefined
      if (serve === undefined) throw violation('it told something that the agent does not know')
      serve(body)
    },
  }
}

/** Longer nobody is waited for; the command's own deadline comes first. */
const MAX_APPROVAL_SECONDS = 86_400

function questionOf(question: unknown): ApprovalRequest {
  const { tool, target, rule, seconds } = (question ?? {}) as Record<keyof ApprovalRequest, unknown>
  const shaped = typeof tool === 'string' && typeof rule === 'string' && (typeof target === 'string' || target === null)
  if (!shaped || typeof seconds !== 'number' || !(seconds > 0 && seconds <= MAX_APPROVAL_SECONDS)) {
    throw violation('it asked for an approval in a way that no plugin does')
  }
  return { tool, target, rule, seconds }
}

/** Before the disk is asked: the agent sees more of it than the plugin may know. */
function requireGranted(path: string, folders: readonly string[]): void {
  if (!isAbsolute(path) || path.includes('\0') || !folders.some((folder) => isInside(folder, resolve(path)))) {
    throw outsideGrants(path)
  }
}

/** Inside what the plugin names and inside what it was granted. */
async function openWithin(
  context: CommandContext<never>,
  path: string,
  within: readonly string[],
  folders: readonly string[],
): Promise<Directory> {
  const granted = await context.openDirectory(path, folders)
  await granted.close()
  const directory = await context.openDirectory(granted.path, within)
  if (directory.path === granted.path) return directory
  await directory.close()
  throw outsideGrants(path)
}

function outsideGrants(path: string): CommandError {
  const message = `The directory ${JSON.stringify(path.slice(0, 4096))} is not inside what the plugin was granted to read or write; grant a folder that holds it.`
  return new CommandError('DIRECTORY_OUTSIDE', message, { refused: true })
}

function tooMany(what: string, most: number): CommandError {
  const message = `The plugin has more than ${most} ${what} open for one command; it must close some first.`
  return new CommandError('HANDLER_FAILED', message)
}
