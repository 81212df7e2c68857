/** `npm test`: every check of the house, one after the other. All of them run, so that one look shows all that is wrong. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const STEPS = ['lint', 'typecheck', 'architecture', 'unit']

/** Runs the npm script `name` without npm: the machine's npm may be too old for the Node that the clone brought along. */
async function runScript(scripts: Readonly<Record<string, string>>, name: string): Promise<boolean> {
  const line = scripts[name]
  if (line === undefined) throw new Error(`package.json has no script ${name}`)
  console.log(`\n> ${name}: ${line}\n`)
  // The line is the project's own, and is meant for a shell.
  const child = spawn(line, { cwd: ROOT, stdio: 'inherit', shell: true })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}
const failed: string[] = []
for (const name of STEPS) {
  if (!(await runScript(scripts, name))) failed.push(name)
}
console.log(failed.length === 0 ? `\nall passed: ${STEPS.join(', ')}` : `\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
