import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import type { Installation } from '../../agent/installation.ts'

const TEST_FILE = /\.(?:test|spec)\.[mc]?[jt]s$/

/** How the author's own tests ended. */
export interface OwnTests {
  /** Relative to the plugin's folder. */
  readonly files: readonly string[]
  readonly passed: boolean
  /** What was printed; empty where it was shown. */
  readonly output: string
}

/**
 * Runs the author's `*.test.js` and `*.test.ts` with Node's own test runner, in the plugin's folder and with the author's rights.
 *
 * @param shown whether what they print goes to the terminal.
 */
export async function runOwnTests(folder: string, { provide }: Installation, shown: boolean): Promise<OwnTests> {
  const files = testFilesOf(folder)
  if (files.length === 0) return { files, passed: true, output: '' }
  const flags = provide.endsWith('.ts') ? ['--conditions=gururmm-source'] : []
  const child = spawn(process.execPath, [...flags, `--import=${pathToFileURL(provide).href}`, '--test', ...files], {
    cwd: folder,
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    windowsHide: true,
  })
  const [out, err, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close'),
  ])
  return { files, passed: code === 0, output: out + err }
}

function testFilesOf(folder: string): readonly string[] {
  const files: string[] = []
  const look = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      if (entry.isDirectory()) look(path)
      else if (TEST_FILE.test(entry.name)) files.push(path)
    }
  }
  look('')
  return files.sort()
}
