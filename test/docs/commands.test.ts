import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type Rule, ruleFor } from '../helpers/docs/rules.ts'
import { openSession, type Session } from '../helpers/docs/session.ts'
import { type Step, stepsOf } from '../helpers/docs/steps.ts'
import { plainEnvironment, ROOT } from '../helpers/npm.ts'
import { directoryOutside } from '../helpers/outside.ts'

// Each document is worked through by one reader: in a fresh clone, in order, with the project's packages already downloaded.

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
}

/** Hard links where the file system allows: half a gigabyte for each document is much to copy. */
function copyCheaply(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' })
  } catch {
    rmSync(to, { recursive: true, force: true })
    execFileSync('cp', ['-a', from, to])
  }
}

/** A fresh clone of what is committed, with its packages installed. */
function clone(t: Test): { folder: string; env: NodeJS.ProcessEnv } {
  const base = directoryOutside(t, {})
  // Under root, plugins run as somebody else, and have to get in
  chmodSync(base, 0o755)
  const folder = path.join(base, 'gururmm-agent')
  git('clone', '--quiet', ROOT, folder)
  for (const made of ['node_modules', 'dist', 'plugin-sdk/dist']) {
    copyCheaply(path.join(ROOT, made), path.join(folder, made))
  }
  const bin = path.join(base, 'bin')
  mkdirSync(bin)
  mkdirSync(path.join(base, 'home'))
  symlinkSync(path.join(folder, 'bin/gururmm-agent.js'), path.join(bin, 'gururmm-agent'))
  const env = plainEnvironment()
  const PATH = [bin, path.join(folder, 'node_modules/.bin'), env.PATH].join(path.delimiter)
  return { folder, env: { ...env, PATH, HOME: path.join(base, 'home'), PROJECT: ROOT } }
}

async function perform(t: Test, session: Session, command: string, rule: Rule | null): Promise<void> {
  if (rule !== null && 'notRun' in rule) return t.comment(`not run, ${rule.notRun}: ${command}`)
  if (rule !== null && 'staysUp' in rule) {
    await t.resolves(session.startAside(command, rule.staysUp), command)
    return
  }
  const typed = rule !== null && 'instead' in rule ? rule.instead : command
  const { code, output } = await session.run(typed)
  t.equal(code, rule !== null && 'exitCode' in rule ? rule.exitCode : 0, command)
  if (code !== 0) t.comment(output)
}

async function write(session: Session, step: Step & { kind: 'file' }): Promise<void> {
  const file = path.resolve(await session.folder(), step.name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, step.content)
}

const documents = git('ls-files', '*.md').trim().split('\n')

for (const document of documents) {
  const steps = stepsOf(readFileSync(path.join(ROOT, document), 'utf8'))
  if (!steps.some(({ kind }) => kind === 'command')) continue
  t.test(`what ${document} says to do works`, async (t) => {
    const { folder, env } = clone(t)
    const session = await openSession(folder, env)
    try {
      for (const step of steps) {
        if (step.kind === 'file') await write(session, step)
        else await perform(t, session, step.command, ruleFor(step.command))
      }
    } finally {
      for (const { code, output } of await session.close())
        t.match(code, /^(0|130)$/, `ends on Ctrl-C:\n${output.slice(-500)}`)
    }
  })
}
