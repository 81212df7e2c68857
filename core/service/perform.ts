import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { CommandError } from '@gururmm/plugin-sdk'
import type { Answer, Step } from './contract.ts'

/** Carries the steps out in their order, each told before it begins; the first that fails is the last. Doing them again does no harm.
 *
 * @throws CommandError `SERVICE_STEP_FAILED`. What was done until then stays.
 */
export async function perform(steps: readonly Step[], tell: (step: Step) => void): Promise<void> {
  for (const step of steps) {
    tell(step)
    await performOne(step).catch((error: Error) => {
      if ('mayFail' in step) return
      const message = `The step \`${describeStep(step)}\` failed: ${error.message.trim()}. Mend that, then do the same again.`
      throw new CommandError('SERVICE_STEP_FAILED', message, { cause: error })
    })
  }
}

async function performOne(step: Step): Promise<unknown> {
  if (step.kind === 'folder') return mkdir(step.path, { recursive: true })
  if (step.kind === 'remove') return rm(step.path, { recursive: true, force: true })
  if (step.kind === 'copy') return copyFile(step.from, step.path)
  if (step.kind === 'file') return writeWhole(step)
  const { code, stdout, stderr } = await run(step.program, step.args)
  if (code === 0) return undefined
  throw new Error(`exit code ${code}${stderr || stdout ? `, ${(stderr || stdout).trim().slice(0, 1000)}` : ''}`)
}

/** In one step, so that a service manager never reads half of it. */
async function writeWhole({ path, content, mode }: Step & { readonly kind: 'file' }): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, content, { mode })
  await chmod(draft, mode) // the umask took some off
  await rename(draft, path)
}

/** Asks a program; one that cannot be started answers with code 127, as in a shell. */
export async function ask(program: string, args: readonly string[]): Promise<Answer> {
  return run(program, args).catch(() => ({ code: 127, stdout: '' }))
}

async function run(program: string, args: readonly string[]): Promise<Answer & { readonly stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  const ended = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code: code ?? 1, stdout, stderr }
}

/** The step as a line that its reader could type, or nearly. */
export function describeStep(step: Step): string {
  if (step.kind === 'folder') return `make folder ${step.path}`
  if (step.kind === 'copy') return `copy ${step.from} to ${step.path}`
  if (step.kind === 'remove') return `remove ${step.path}`
  if (step.kind === 'file') return `write ${step.path}`
  return [step.program, ...step.args].map((word) => (/[\s"'$*()]/.test(word) ? `'${word}'` : word)).join(' ')
}
