import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const ROOT = path.join(import.meta.dirname, '../..')

/** This process's environment without what the test runner and npm put there for themselves. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const own = /^(NODE_OPTIONS|TAP.*|_TAPJS.*|npm_(?!config_).*|INIT_CWD)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

/** Runs `npm` in `cwd`; resolves to what it printed, throws with it where it failed. */
export async function npm(cwd: string, ...args: string[]): Promise<string> {
  const options = { cwd, env: plainEnvironment(), shell: process.platform === 'win32', maxBuffer: 2 ** 26 }
  return (await run('npm', args, options)).stdout
}

/** Packs the package in `source` as it would be published; resolves to the tarball and the files in it. */
export async function pack(source: string, into: string): Promise<{ tarball: string; files: readonly string[] }> {
  const printed = await npm(source, 'pack', '--json', '--ignore-scripts', '--pack-destination', into)
  const [{ filename, files }] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }]
  return { tarball: path.join(into, filename), files: files.map((file) => file.path).sort() }
}
