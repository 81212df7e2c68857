import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Security } from './config-schema.ts'
import { quoted } from './quote.ts'

const RULES = 'plugins.claude_task.config.security'

/**
 * Checks the files that a task names and gives their canonical names, relative to `directory` and with `/` between.
 *
 * Only names reach Claude, never content: its own tools, confined to the directory, open them again. So a file that is swapped after
 * the check gains nothing.
 *
 * @param directory canonical path of the working directory.
 * @throws CommandError `CONTEXT_FILE_INVALID`, `CONTEXT_FILE_MISSING`, `CONTEXT_FILE_OUTSIDE`, `CONTEXT_FILE_TOO_LARGE`,
 *   `CONTEXT_FILES_TOO_MANY`; all refused.
 */
export async function checkContextFiles(
  names: readonly string[],
  directory: string,
  security: Security,
): Promise<readonly string[]> {
  if (names.length > security.maxContextFiles) {
    throw refusal(
      'CONTEXT_FILES_TOO_MANY',
      `The task names ${names.length} context files and at most ${security.maxContextFiles} are allowed: name fewer, or a directory in the task's text.`,
      `${RULES}.maxContextFiles`,
    )
  }
  const checked: string[] = []
  for (const name of names) checked.push(await checkContextFile(name, directory, security))
  return [...new Set(checked)]
}

async function checkContextFile(name: string, directory: string, security: Security): Promise<string> {
  checkName(name)
  checkWindowsName(name)
  const { path, found } = await look(name, directory)
  const inside = relative(directory, path)
  // On Windows the way to another drive is an absolute path, hence the second test.
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw refusal(
      'CONTEXT_FILE_OUTSIDE',
      `The context file ${quoted(name)} lies outside the working directory, its links resolved: name a file inside ${directory}.`,
    )
  }
  checkName(inside)
  if (!found.isFile()) {
    throw refusal(
      'CONTEXT_FILE_INVALID',
      `The context file ${quoted(name)} is not a regular file: name a file, not a directory or device.`,
    )
  }
  if (found.size > security.maxContextFileBytes) {
    throw refusal(
      'CONTEXT_FILE_TOO_LARGE',
      `The context file ${quoted(name)} has ${found.size} bytes and at most ${security.maxContextFileBytes} are allowed: name a smaller part of it.`,
      `${RULES}.maxContextFileBytes`,
    )
  }
  return inside.split(sep).join('/')
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
  if (platform !== 'win32') return
  const isDevice = /^[\\/]{2}|^[\\/]\?\?[\\/]/.test(name)
  if (!isDevice && !name.replace(/^[A-Za-z]:[\\/]/, '').includes(':')) return
  throw refusal(
    'CONTEXT_FILE_INVALID',
    `The context file name ${quoted(name)} is a network share, a device, a stream or relative to a drive: give a plain path.`,
  )
}

async function look(name: string, directory: string): Promise<{ readonly path: string; readonly found: Stats }> {
  try {
    const path = await realpath(resolve(directory, name))
    return { path, found: await stat(path) }
  } catch (error) {
    throw refusal(
      'CONTEXT_FILE_MISSING',
      `The context file ${quoted(name)} cannot be opened in ${directory}: check its name.`,
      undefined,
      error,
    )
  }
}

function refusal(code: string, message: string, rule?: string, cause?: unknown): CommandError {
  return new CommandError(code, message, { refused: true, cause, ...(rule === undefined ? {} : { rule }) })
}
