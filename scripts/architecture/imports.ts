import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** One source file as the checks see it; `file` is relative to the root, with `/`. */
export interface Source {
  readonly file: string
  readonly lines: number
  /** Lines that are neither empty nor only a comment: reasons should cost nothing. */
  readonly codeLines: number
  /** Module names as written, type imports too. */
  readonly imports: readonly string[]
}

const LEFT_OUT = new Set(['node_modules', 'dist', 'fixtures'])
const SOURCE = /\.(?:[cm]?js|[cm]?ts)$/

/**
 * Import statements, re-exports, imports on demand and `require` with a literal name. By pattern: the compiler has no API to ask,
 * and a bundler drops the type imports, which count here. What a string or comment makes of it is a false alarm, never a gap.
 */
const IMPORTS = [
  /(?:^|[\s;}])(?:import|export)\b[^'"`;=]*?\bfrom\s*(['"])([^'"\n]+)\1/g,
  /(?:^|[\s;}])import\s*(['"])([^'"\n]+)\1/g,
  /\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\1/g,
]

/** The module names that a text imports, each once, sorted. */
export function importsOf(text: string): readonly string[] {
  const found = IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[2] ?? ''))
  return [...new Set(found)].sort()
}

/** All sources below these folders of `root`; a folder that does not exist has none. */
export async function readSources(root: string, folders: readonly string[]): Promise<readonly Source[]> {
  const files = (await Promise.all(folders.map((folder) => filesBelow(root, folder)))).flat().sort()
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(root, file), 'utf8')
      const lines = text.split('\n')
      const codeLines = lines.filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length
      return { file, lines: lines.length - (text.endsWith('\n') ? 1 : 0), codeLines, imports: importsOf(text) }
    }),
  )
}

async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  const below = entries.map((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : filesBelow(root, name)
    return SOURCE.test(entry.name) ? [name] : []
  })
  return (await Promise.all(below)).flat()
}
