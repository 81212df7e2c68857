import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A program in another one's place, which notes when that first wrote an event. */
export interface Tee {
  readonly file: string
  /** When the last run wrote its first event, by process.hrtime(): one clock for all processes of a machine. */
  read(): bigint
}

/**
 * Writes a script that hands on what `program` writes, and notes when the first JSON of a run came. What is noted is earlier than what is
 * handed on, so a delay that is measured from it is rather too long.
 *
 * @param name the script's, as it is looked for.
 */
export function makeTee(folder: string, name: string, program: string): Tee {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, name)
  const notes = path.join(folder, 'first-event')
  writeFileSync(file, script(program, notes))
  chmodSync(file, 0o755)
  return { file, read: () => BigInt(readFileSync(notes, 'utf8')) }
}

function script(program: string, notes: string): string {
  return `#!${process.execPath}
const { spawn } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const child = spawn(${JSON.stringify(program)}, process.argv.slice(2), { stdio: ['inherit', 'pipe', 'inherit'] })
let noted = false
child.stdout.on('data', (chunk) => {
  if (!noted && chunk[0] === 0x7b) {
    writeFileSync(${JSON.stringify(notes)}, String(process.hrtime.bigint()))
    noted = true
  }
  process.stdout.write(chunk)
})
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal))
child.on('close', (code, signal) => {
  if (signal !== null) process.kill(process.pid, 'SIGKILL')
  process.exitCode = code ?? 1
})
`
}
