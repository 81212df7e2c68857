#!/usr/bin/env node
// Brings the pinned Claude Code CLI onto this machine for the tests and the demo. It is proprietary and large, so it is neither a
// dependency nor shipped: whoever needs it asks here, and is told what is fetched and how big it is.
//
//   node scripts/claude-cli.js [--dir FOLDER]     prints the program's path
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import spawn from 'cross-spawn'

const PACKAGE = '@anthropic-ai/claude-code'

/** The version that the tests and the demo run. */
export const CLAUDE_CLI_VERSION = '2.1.330'

/** Where {@link ensureClaudeCli} installs unless told otherwise. */
export const DEFAULT_FOLDER = resolve(
  dirname(fileURLToPath(import.meta.url)),
  `../node_modules/.cache/claude-code-${CLAUDE_CLI_VERSION}`,
)

/**
 * The CLI's program below `folder`, or null. The npm package is only a stub; its optional dependency for this platform brings
 * the program itself, which runs without any install script.
 */
export async function findClaudeCli(folder = DEFAULT_FOLDER) {
  const scope = join(folder, 'node_modules', dirname(PACKAGE))
  const names = existsSync(scope) ? await readdir(scope) : []
  const programs = names
    .filter((name) => name.startsWith('claude-code-'))
    .flatMap((name) => ['claude', 'claude.exe'].map((file) => join(scope, name, file)))
  return programs.find((path) => existsSync(path)) ?? null
}

/**
 * Installs the pinned CLI into `folder` where it is not yet there; resolves to the program's path.
 *
 * @param {{ folder?: string, say?: (line: string) => void }} [options] `say` hears what happens, a line at a time.
 */
export async function ensureClaudeCli({ folder = DEFAULT_FOLDER, say = () => {} } = {}) {
  const present = await findClaudeCli(folder)
  if (present) return present
  say(`Installing ${PACKAGE} ${CLAUDE_CLI_VERSION} (Anthropic's own licence, about 365 MiB on disk) into ${folder}`)
  // Into a folder beside it first: an install cut short, or a second one at the same time, leaves nothing half done.
  const making = `${folder}.${process.pid}`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true })
  try {
    await npmInstall(making)
    await rm(folder, { recursive: true, force: true })
    await rename(making, folder)
  } catch (error) {
    if (!(await findClaudeCli(folder))) throw error
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  const installed = await findClaudeCli(folder)
  if (!installed) throw new Error(`${PACKAGE} has no program for ${process.platform}-${process.arch}.`)
  say(`Installed ${installed}`)
  return installed
}

function npmInstall(folder) {
  const quiet = [
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    '--include=optional',
    '--loglevel=error',
  ]
  const args = ['install', '--prefix', folder, ...quiet, `${PACKAGE}@${CLAUDE_CLI_VERSION}`]
  return new Promise((done, fail) => {
    const npm = spawn('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    npm.stderr?.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-4096)
    })
    npm.on('error', fail)
    npm.on('close', (code) =>
      code === 0 ? done() : fail(new Error(`npm install ended with ${code}: ${complaint.trim()}`)),
    )
  })
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--dir')
  const folder = at > 0 ? resolve(process.argv[at + 1] ?? '.') : DEFAULT_FOLDER
  console.log(await ensureClaudeCli({ folder, say: (line) => console.error(line) }))
}
