import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Security } from './config-schema.ts'
import { type FileContent, readContextFile } from './context-file-content.ts'
import type { Ruling } from './policy/ruling.ts'
import { isInside } from './policy/target.ts'
import { quoted } from './quote.ts'
import { isOddWindowsName } from './windows-name.ts'

const RULES = 'plugins.claude_task.config.security'

/** A file that a task named, as it was when the task began. */
export interface ContextFile {
  /** Canonical, relative to the working directory, with `/` between. */
  readonly name: string
  readonly bytes: number
  /** Hex, over the file's bytes. */
  readonly sha256: string
  /** What stands in the prompt; null: only the name does, and Claude reads the file by its own tools. */
  readonly text: string | null
}

/** How much of the files may stand in the prompt itself. */
export type ContextRules = Pick<Security, 'maxContextFiles' | 'maxContextFileBytes' | 'inlineContextBytes'>

/**
 * Reads the files that a task names, each once and in the order they are named. Those that fit together into `inlineContextBytes` are
 * given whole; of larger ones, and of text in other encodings than UTF-8 and UTF-16, only the names are given.
 *
 * @param directory canonical path of the working directory.
 * @param ruleOnRead what the policy says to reading a canonical path. Where a person is to be asked, only the name is given: then it is
 *   Claude's own reading that asks.
 * @throws CommandError `CONTEXT_FILE_INVALID`, `CONTEXT_FILE_MISSING`, `CONTEXT_FILE_OUTSIDE`, `CONTEXT_FILE_DENIED`,
 *   `CONTEXT_FILE_TOO_LARGE`, `CONTEXT_FILE_BINARY`, `CONTEXT_FILES_TOO_MANY`; all refused.
 */
export async function readContextFiles(
  names: readonly string[],
  directory: string,
  rules: ContextRules,
  ruleOnRead: (path: string) => Promise<Pick<Ruling, 'decision' | 'rule' | 'why'>>,
): Promise<readonly ContextFile[]> {
  if (names.length > rules.maxContextFiles) {
    throw refusal(
      'CONTEXT_FILES_TOO_MANY',
      `The task names ${names.length} context files and at most ${rules.maxContextFiles} are allowed: name fewer, or a directory in the task's text.`,
      `${RULES}.maxContextFiles`,
    )
  }
  const files = new Map<string, ContextFile>()
  let room = rules.inlineContextBytes
  for (const asked of names) {
    const path = await locate(asked, directory)
    const name = relative(directory, path).split(sep).join('/')
    if (files.has(name)) continue
    const { decision, rule, why } = await ruleOnRead(path)
    if (decision === 'deny') {
      throw refusal('CONTEXT_FILE_DENIED', `The context file ${quoted(asked)} is kept from Claude: ${why}`, rule)
    }
    const keepBytes = decision === 'ask' ? 0 : room
    const content = await readContextFile(path, asked, { keepBytes, maxBytes: rules.maxContextFileBytes })
    const file = fileOf(name, content)
    if (file.text !== null) room -= file.bytes
    files.set(name, file)
  }
  return [...files.values()]
}

function fileOf(name: string, { bytes, sha256, text }: FileContent): ContextFile {
  return { name, bytes, sha256, text }
}

/** The canonical path of a file inside `directory`. */
async function locate(asked: string, directory: string): Promise<string> {
  checkName(asked)
  checkWindowsName(asked)
  const path = await realpath(resolve(directory, asked)).catch((error: unknown) => {
    throw refusal(
      'CONTEXT_FILE_MISSING',
      `The context file ${quoted(asked)} cannot be opened in ${directory}: check its name.`,
      undefined,
      error,
    )
  })
  if (!isInside(path, directory)) {
    throw refusal(
      'CONTEXT_FILE_OUTSIDE',
      `The context file ${quoted(asked)} lies outside the working directory, its links resolved: name a file inside ${directory}.`,
    )
  }
  checkName(relative(directory, path))
  return path
}

/** A name becomes a line of the prompt: nothing in it may end that line, hide, or be no text at all. */
function checkName(name: string): void {
  // U+FFFD is what bytes that are not UTF-8 become when a link's target is read.
  if (!name.isWellFormed() || /[\p{Cc}\p{Zl}\p{Zp}\uFFFD]/u.test(name)) {
    throw refusal(
      'CONTEXT_FILE_INVALID',
      `The context file name ${quoted(name)} is not valid UTF-8 text or holds control characters: rename the file.`,
    )
  }
}

/**
 * Asked before the disk is: on Windows merely looking contacts a network share or opens a device, and a colon names a stream of a
 * file. Exported for its tests.
 */
export function checkWindowsName(name: string, platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32' || !isOddWindowsName(name)) return
  throw refusal(
    'CONTEXT_FILE_INVALID',
    `The context file name ${quoted(name)} is a network share, a device, a stream or relative to a drive: give a plain path.`,
  )
}

function refusal(code: string, message: string, rule?: string, cause?: unknown): CommandError {
  return new CommandError(code, message, { refused: true, cause, ...(rule === undefined ? {} : { rule }) })
}
