import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { roomCycles } from './cycles.ts'
import { readSources, type Source } from './imports.ts'
import { brokenImports, coreRoomOf, MINIMAL_CORE, RULED_FOLDERS } from './rooms.ts'

/** What the check found; each entry is one sentence. */
export interface Findings {
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  /** Lines of code of the minimal core: comments and empty lines are not counted. */
  readonly minimalCoreLines: number
}

export const MINIMAL_CORE_LINES = 1500
export const FILE_LINES = { warn: 250, fail: 300 } as const
const UNRULED_FOLDERS = ['bin', 'scripts', 'bench', 'test']

/** Holds the sources below `root` against the rules of docs/architecture.md: imports, circles, sizes. */
export async function checkArchitecture(root: string): Promise<Findings> {
  const ruled = await readSources(root, RULED_FOLDERS)
  const all = [...ruled, ...(await readSources(root, UNRULED_FOLDERS))]
  const declared = declaredPackages(root)
  const imports = await Promise.all(ruled.map(async (source) => brokenImports(source, await declared(source.file))))
  const minimalCoreLines = ruled
    .filter(({ file }) => MINIMAL_CORE.includes(coreRoomOf(file) ?? ''))
    .reduce((sum, { codeLines }) => sum + codeLines, 0)
  const tooMuch = `the minimal core (${MINIMAL_CORE.join(', ')}) has ${minimalCoreLines} lines of code, ${MINIMAL_CORE_LINES} are allowed`
  return {
    failures: [
      ...imports.flat(),
      ...roomCycles(ruled),
      ...(minimalCoreLines > MINIMAL_CORE_LINES ? [tooMuch] : []),
      ...longFiles(all, FILE_LINES.fail, Number.POSITIVE_INFINITY),
    ],
    warnings: longFiles(all, FILE_LINES.warn, FILE_LINES.fail),
    minimalCoreLines,
  }
}

function longFiles(sources: readonly Source[], above: number, upTo: number): readonly string[] {
  return sources
    .filter(({ lines }) => lines > above && lines <= upTo)
    .map(({ file, lines }) => `${file} has ${lines} lines; split it at ${FILE_LINES.warn}`)
}

/** Answers, for a file, the npm packages that the package.json files from its folder up to the root name. */
function declaredPackages(root: string): (file: string) => Promise<ReadonlySet<string>> {
  const known = new Map<string, Promise<ReadonlySet<string>>>()
  const inFolder = (folder: string): Promise<ReadonlySet<string>> => {
    const found = known.get(folder) ?? collect(folder)
    known.set(folder, found)
    return found
  }
  const collect = async (folder: string) => {
    const own = await packagesNamed(path.join(root, folder, 'package.json'))
    return new Set([...own, ...(folder === '.' ? [] : await inFolder(path.posix.dirname(folder)))])
  }
  return (file) => inFolder(path.posix.dirname(file))
}

async function packagesNamed(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  const manifest = JSON.parse(text) as Record<string, object | undefined>
  return ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {}))
}
