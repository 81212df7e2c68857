/** Patterns of files and folders; each also covers all below what it fits. */
export interface Patterns {
  /** The first pattern, as it was written, that covers the path; undefined where none does. The path is absolute. */
  covering(path: string): string | undefined
}

/**
 * Makes patterns ready to be held against paths. `*` and `?` stand for anything but a slash, `**` for folders, `{a,b}` for either. A
 * pattern with a leading slash or drive is absolute; any other holds in every folder. Windows and macOS heed no case.
 */
export function compilePatterns(patterns: readonly string[], platform: NodeJS.Platform = process.platform): Patterns {
  const compiled = patterns.map((pattern) => ({ pattern, matches: toRegExp(pattern, platform !== 'linux') }))
  return {
    covering(path) {
      const plain = withSlashes(path)
      return compiled.find(({ matches }) => matches.test(plain))?.pattern
    },
  }
}

/**
 * The CLI's own rules for what a pattern covers: it leaves such files out of what Grep and Glob find, which nobody is asked about.
 * Its patterns know no braces, and absolute ones begin with two slashes.
 */
export function cliRules(tool: 'Read', pattern: string): readonly string[] {
  return withoutBraces(pattern).flatMap((each) => {
    const path = isAnchored(anchor(each)) ? `/${anchor(each)}` : anchor(each)
    return [`${tool}(${path})`, `${tool}(${path}/**)`]
  })
}

/**
 * A pattern as a regular expression that also fits everything below. By hand, for the sources of a plugin import the SDK alone, so that they can
 * run isolated unbuilt too.
 */
function toRegExp(pattern: string, ignoreCase: boolean): RegExp {
  const choices = withoutBraces(pattern).map((each) =>
    anchor(each)
      .split(/(\*\*\/|\*\*|\*|\?)/)
      .map((part) => WILDCARDS[part] ?? part.replace(/[\\^$.+()[\]{}|/]/g, '\\$&'))
      .join(''),
  )
  return new RegExp(`^(?:${choices.join('|')})(?:/.*)?$`, ignoreCase ? 'isu' : 'su')
}

const WILDCARDS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }

/** `x.{a,b}` as `x.a` and `x.b`; braces do not nest. */
function withoutBraces(pattern: string): readonly string[] {
  const found = /\{([^{}]*)\}/.exec(pattern)
  if (!found) return [pattern]
  const [braces, choices = ''] = found
  const [before, after] = [pattern.slice(0, found.index), pattern.slice(found.index + braces.length)]
  return choices.split(',').flatMap((choice) => withoutBraces(`${before}${choice}${after}`))
}

function anchor(pattern: string): string {
  const plain = withSlashes(pattern).replace(/\/+$/, '')
  return isAnchored(plain) || plain.startsWith('**/') ? plain : `**/${plain}`
}

function isAnchored(pattern: string): boolean {
  return pattern.startsWith('/')
}

/** `C:\Users` as `/c/Users`, which is also how the CLI's rules name it. */
function withSlashes(path: string): string {
  return path.replace(/\\/g, '/').replace(/^([A-Za-z]):(?=\/|$)/, (_, drive: string) => `/${drive.toLowerCase()}`)
}
