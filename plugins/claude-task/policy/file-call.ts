import { isAbsolute, join } from 'node:path'
import { quoted } from '../quote.ts'
import { CREDENTIALS, STARTUP_FILES } from './lists.ts'
import { compilePatterns } from './patterns.ts'
import type { Ruling, ToolCall } from './ruling.ts'
import { followPath, isInside, type Target } from './target.ts'
import type { TaskPolicy } from './task-policy.ts'

/** Where a task runs. */
export interface TaskPlace {
  /** Canonical path of the working directory. */
  readonly directory: string
  /** Of the base directory that it lies in. */
  readonly access: 'read-only' | 'read-write'
  /** Canonical paths that no tool may read: the key's file, the agent's own data. */
  readonly hidden: readonly string[]
}

/** A call on files that no bound denies; the profile's rules come next. */
export interface BoundedCall {
  /** What it is on, canonical. */
  readonly path: string
  /** The input, its path replaced by what it leads to: the CLI follows no link that was not judged. */
  readonly input: ToolCall['input']
}

/** Why a call is denied. */
type Denial = Pick<Ruling, 'rule' | 'why'>

/** Holds calls on files against what no rule of a profile can widen. */
export type FileBounds = (call: ToolCall) => Promise<BoundedCall | Denial>

const EDITING = ['Edit', 'Write']
/** Where each tool's input names what it is on. */
const PATH_FIELD: Readonly<Record<string, string>> = { Read: 'file_path', Edit: 'file_path', Write: 'file_path' }

/** Makes the bounds of one task: its directory, its base's access, and what may be neither read nor changed. */
export function makeFileBounds(policy: TaskPolicy, place: TaskPlace): FileBounds {
  const denyRead = compilePatterns(policy.denyRead)
  const denyWrite = compilePatterns(policy.denyWrite)

  function boundTarget(tool: string, name: string, { path, found }: Target, asked: string): Denial | undefined {
    if (!isInside(path, place.directory)) {
      return {
        rule: 'security.baseDirectories',
        why: `${name} lies outside the working directory, its links resolved.`,
      }
    }
    if (place.hidden.some((each) => isInside(path, each)))
      return { rule: 'the agent’s own data', why: `${name} belongs to the agent.` }
    const secret = denyRead.covering(path) ?? denyRead.covering(asked)
    if (secret !== undefined) return { rule: keyOf('denyRead', secret), why: `${name} may not be read.` }
    if (found !== null && !found.isFile() && !found.isDirectory()) {
      return { rule: 'regular files', why: `${name} is neither a file nor a folder.` }
    }
    return EDITING.includes(tool) ? boundChange(name, path) : undefined
  }

  function boundChange(name: string, path: string): Denial | undefined {
    if (place.access === 'read-only') {
      return { rule: 'security.baseDirectories', why: `${name} lies in a base directory that is read-only.` }
    }
    const kept = denyWrite.covering(path)
    return kept === undefined ? undefined : { rule: keyOf('denyWrite', kept), why: `${name} may not be changed.` }
  }

  return async ({ tool, input: asGiven }) => {
    const input = tool === 'Glob' ? splitPattern(asGiven) : asGiven
    if (typeof input === 'string') return { rule: 'security.baseDirectories', why: input }
    const field = PATH_FIELD[tool] ?? 'path'
    const given = input[field] ?? (field === 'path' ? place.directory : undefined)
    if (typeof given !== 'string') return { rule: 'tool input', why: 'The call names no file.' }
    const target = await followPath(given, place.directory)
    if (typeof target === 'string') {
      return { rule: 'security.baseDirectories', why: `The path ${quoted(given)} ${target}.` }
    }
    const asked = isAbsolute(given) ? given : join(place.directory, given)
    const denial = boundTarget(tool, quoted(given), target, asked)
    return denial ?? { path: target.path, input: { ...input, [field]: target.path } }
  }
}

/**
 * Glob's pattern may begin with the folder to search, which then takes the place of the path, so that it is judged like one.
 *
 * @returns a string where the pattern can lead out of its folder: why it is denied.
 */
function splitPattern(input: ToolCall['input']): ToolCall['input'] | string {
  const { pattern } = input
  if (typeof pattern !== 'string') return 'The call names no pattern.'
  if (pattern.split(/[\\/{},]/).includes('..') || pattern.startsWith('~')) {
    return `The pattern ${quoted(pattern)} leads out of the folder that is searched.`
  }
  if (!isAbsolute(pattern)) return input
  const fixed = pattern.slice(0, pattern.search(/[*?[{(!]|$/))
  const folder = fixed.slice(0, Math.max(fixed.lastIndexOf('/'), fixed.lastIndexOf('\\')) + 1)
  return { ...input, path: folder, pattern: pattern.slice(folder.length) || '*' }
}

function keyOf(list: 'denyRead' | 'denyWrite', pattern: string): string {
  const builtIn = list === 'denyRead' ? CREDENTIALS : STARTUP_FILES
  const key = builtIn.includes(pattern) ? { denyRead: 'denyCredentials', denyWrite: 'denyStartupFiles' }[list] : list
  return `security.${key}: ${pattern}`
}
