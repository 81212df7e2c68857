import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { type Containment, type Launch, MARKER, type Tree } from '../containment/index.ts'
import { type Launcher, startLauncher } from './launcher.ts'

type Base = Omit<Launch, 'program' | 'args'>

/** Programs that show what they were given: environment, descriptors, directory. */
const PROBES = [
  ['/bin/cat', '/proc/self/environ'],
  ['/bin/ls', '/proc/self/fd'],
  ['/bin/ls', '-di', '.'],
] as const

const MISSING = '/nonexistent/gururmm-trial'

/**
 * Whether on this machine a program that a waiting shell becomes finds exactly what it would if it were started directly, and
 * whether the shell says so where it cannot become it. Shells differ in both.
 */
export async function isExact(containment: Containment, nextBase: () => Base): Promise<boolean> {
  const launch = () => {
    const base = nextBase()
    return { ...base, cwd: tmpdir(), env: { ...base.env, GURURMM_TRIAL: "a 'trial' \n\u0101 $HOME" } }
  }
  for (const [program, ...args] of PROBES) {
    const direct = await outputOf(containment.start({ ...launch(), program, args }))
    const launched = await throughLauncher(containment, nextBase(), { ...launch(), program, args }, outputOf)
    if (direct === null || comparable(launched) !== comparable(direct)) return false
  }
  const failed = async (tree: Tree) => {
    await outputOf(tree)
    return (await tree.failure?.()) ?? null
  }
  const failure = await throughLauncher(containment, nextBase(), { ...launch(), program: MISSING, args: [] }, failed)
  return (failure as { code?: unknown } | null)?.code === 'ENOENT'
}

async function throughLauncher<T>(
  containment: Containment,
  base: Base,
  launch: Launch,
  use: (tree: Tree) => Promise<T>,
): Promise<T | null> {
  const launcher: Launcher = startLauncher(containment, base)
  try {
    await launcher.ready
    const tree = launcher.serve(launch)
    if (tree !== null) return await use(tree)
  } catch {
    // It is no use here.
  }
  launcher.dispose()
  return null
}

/** Null where it did not run. */
async function outputOf(tree: Tree): Promise<string | null> {
  const { child } = tree
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  const input = tree.input ?? child.stdin
  input?.on('error', () => {})
  input?.end()
  child.stderr?.resume()
  const output = child.stdout === null ? null : await text(child.stdout)
  await ended
  tree.release()
  return output
}

/** Markers differ, and variables come in any order. */
function comparable(output: string | null): string | undefined {
  return output
    ?.replace(new RegExp(`${MARKER}=[^\\0]*`), MARKER)
    .split('\0')
    .sort()
    .join('\0')
}
