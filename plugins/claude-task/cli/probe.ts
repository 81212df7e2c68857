import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError, isCommandError } from '@gururmm/plugin-sdk'
import { REQUIRED_FLAGS } from '../command-line.ts'
import { locateCli, type Program } from './locate.ts'
import { isAtLeast, missingFlags, OLDEST_VERSION, parseVersion } from './version.ts'

/** The CLI, found fit for use. */
export interface Cli {
  readonly path: string
  readonly version: string
}

/** Runs the program with these arguments and gives what it printed on standard output; rejects where it could not or did not end well. */
export type Ask = (path: string, args: readonly string[]) => Promise<string>

const INSTALL =
  '`npm install -g @anthropic-ai/claude-code` brings it; another place goes into plugins.claude_task.config.cliPath'

/**
 * Finds the CLI and asks it what it can, once for each installed file: the answer is kept in the data folder.
 *
 * @param configured `cliPath`; null: search.
 * @throws CommandError `CLAUDE_MISSING`, `CLAUDE_TOO_OLD`, `CLAUDE_UNUSABLE`; all refused.
 */
export async function findCli(configured: string | null, dataDir: string, ask: Ask): Promise<Cli> {
  const program = await locateCli(configured)
  if (!program) {
    const where =
      configured === null ? 'neither on the PATH nor where its installers put it' : `not a program at ${configured}`
    throw refusal('CLAUDE_MISSING', `The Claude Code CLI is ${where}: ${INSTALL}.`)
  }
  const known = await recall(dataDir, program)
  if (known) return known
  const cli = await probe(program, ask)
  await remember(dataDir, program, cli)
  return cli
}

async function probe(program: Program, ask: Ask): Promise<Cli> {
  const answer = await askOrRefuse(program, ['--version'], ask)
  const version = parseVersion(answer)
  if (version === undefined) {
    throw refusal(
      'CLAUDE_UNUSABLE',
      `${program.path} does not answer --version as the Claude Code CLI does: ${INSTALL}.`,
    )
  }
  if (!isAtLeast(version, OLDEST_VERSION)) {
    throw refusal(
      'CLAUDE_TOO_OLD',
      `The Claude Code CLI ${program.path} is version ${version} and at least ${OLDEST_VERSION} is needed: update it.`,
    )
  }
  const missing = missingFlags(await askOrRefuse(program, ['--help'], ask), REQUIRED_FLAGS)
  if (missing.length > 0) {
    throw refusal(
      'CLAUDE_TOO_OLD',
      `The Claude Code CLI ${program.path}, version ${version}, does not know ${missing.join(', ')}, which contain a task: install a version that does.`,
    )
  }
  return { path: program.path, version }
}

async function askOrRefuse(program: Program, args: readonly string[], ask: Ask): Promise<string> {
  try {
    return await ask(program.path, args)
  } catch (error) {
    if (isCommandError(error) && error.code !== 'SPAWN_FAILED') throw error
    const why = error instanceof Error ? error.message : String(error)
    throw refusal(
      'CLAUDE_UNUSABLE',
      `The Claude Code CLI ${program.path} cannot be run (${why.slice(0, 300)}): install it anew. ${INSTALL}.`,
      error,
    )
  }
}

const fileIn = (dataDir: string) => join(dataDir, 'cli.json')

/** Starting the CLI for its help takes as long as half a task, so it is asked once a version. */
async function recall(dataDir: string, program: Program): Promise<Cli | undefined> {
  try {
    const kept = JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as {
      readonly identity?: unknown
      readonly version?: unknown
    }
    return kept.identity === identityOf(program) && typeof kept.version === 'string'
      ? { path: program.path, version: kept.version }
      : undefined
  } catch {
    return undefined
  }
}

/** A full disk costs the next task a second look, nothing else. */
async function remember(dataDir: string, program: Program, cli: Cli): Promise<void> {
  const kept = JSON.stringify({ identity: identityOf(program), version: cli.version })
  await writeFile(fileIn(dataDir), kept, { mode: 0o600 }).catch(() => {})
}

/** What was found fit for other demands is looked at again. */
function identityOf(program: Program): string {
  return [program.identity, OLDEST_VERSION, ...REQUIRED_FLAGS].join(' ')
}

function refusal(code: string, message: string, cause?: unknown): CommandError {
  return new CommandError(code, message, { refused: true, cause })
}
