import { isBuiltin } from 'node:module'
import path from 'node:path'
import type { Source } from './imports.ts'

/** The rooms that make up the minimal core. */
export const MINIMAL_CORE: readonly string[] = ['core/link', 'core/protocol', 'core/dispatch']

const SDK = '@gururmm/plugin-sdk'

interface Room {
  /** The files it covers; the first room that fits a file counts. */
  readonly files: RegExp
  /** Which files of this project it may import by path; `$1` is what the first group of {@link files} found. */
  readonly mayReach: readonly string[]
  /** Which packages of this project it may import by name. */
  readonly mayName: readonly string[]
}

/** Who may import what: the whole rule. npm packages are free to all, where the nearest package.json names them. */
const ROOMS: readonly Room[] = [
  { files: /^core\/(?:link|protocol|dispatch)\//, mayReach: MINIMAL_CORE, mayName: [SDK] },
  // The testing kit: its code is the agent's, its types are the SDK's. What authors are told of their plugins is said in them, too.
  { files: /^core\/(?:testing|author)\//, mayReach: ['core'], mayName: [SDK, `${SDK}/testing`] },
  { files: /^core\//, mayReach: ['core'], mayName: [SDK] },
  { files: /^plugin-sdk\//, mayReach: ['plugin-sdk'], mayName: [] },
  { files: /^plugins\/([^/]+)\//, mayReach: ['plugins/$1'], mayName: [SDK, `${SDK}/testing`] },
  { files: /^examples\/plugins\/([^/]+)\//, mayReach: ['examples/plugins/$1'], mayName: [SDK, `${SDK}/testing`] },
  { files: /^examples\/server\//, mayReach: ['examples/server'], mayName: ['gururmm-agent/protocol'] },
]

/** The folders that the import rule holds for. Tests, scripts and benches look at everything. */
export const RULED_FOLDERS: readonly string[] = ['core', 'plugin-sdk', 'plugins', 'examples']

/** The file that a relative import means, from the root. */
export function targetOf(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier)
}

/** `@scope/name/sub` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function isInside(file: string, folder: string): boolean {
  return file.startsWith(`${folder}/`)
}

/**
 * One sentence for each import of `source` that breaks the rule.
 *
 * @param declared The npm packages that the package.json files over this source name.
 */
export function brokenImports(source: Source, declared: ReadonlySet<string>): readonly string[] {
  const room = ROOMS.find(({ files }) => files.test(source.file))
  if (room === undefined) return []
  const own = room.files.exec(source.file)?.[1] ?? ''
  const reach = room.mayReach.map((folder) => folder.replace('$1', own))
  const allowed = [...reach.map((folder) => `${folder}/`), ...room.mayName].join(', ')
  return source.imports.flatMap((specifier) => {
    const broken = (why: string) => [`${source.file} imports ${specifier}: ${why}`]
    if (specifier.startsWith('.')) {
      const target = targetOf(source.file, specifier)
      return reach.some((folder) => isInside(target, folder))
        ? []
        : broken(`of this project it may import only ${allowed}`)
    }
    if (isBuiltin(specifier) || room.mayName.includes(specifier)) return []
    const name = packageOf(specifier)
    if (name === 'gururmm-agent' || name.startsWith('@gururmm/'))
      return broken(`of this project it may import only ${allowed}`)
    return declared.has(name) ? [] : broken(`no package.json above it names ${name}`)
  })
}

/** The room of core that a file is in (`core/link`); undefined outside core. */
export function coreRoomOf(file: string): string | undefined {
  return /^core\/[^/]+(?=\/)/.exec(file)?.[0]
}
