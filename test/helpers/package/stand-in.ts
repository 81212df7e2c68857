import { chmod, cp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ROOT } from '../npm.ts'

/**
 * Writes a program that stands in for the Claude CLI, run by `node`, and answers its path. It tells what it was asked.
 *
 * @param place the folder's name where it will run. Default: the same.
 */
export async function writeStandIn(folder: string, node: string, place: string = folder): Promise<string> {
  await cp(path.join(ROOT, 'test/plugins/claude-task/fixtures/claude.mjs'), path.join(folder, 'claude.mjs'))
  const file = path.join(folder, 'claude')
  await writeFile(file, `#!/bin/sh\nexec '${node}' '${place}/claude.mjs' "$@"\n`)
  await chmod(file, 0o755)
  await chmod(path.join(folder, 'claude.mjs'), 0o644)
  return path.posix.join(place, 'claude')
}
