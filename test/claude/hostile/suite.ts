import type { Test } from 'tap'
import { attempt, GUARDS, type Guard, type Trial } from './arena.ts'
import { CLASSES } from './classes.ts'
import { API, attemptCourse, BUDGET, type Course, REDIRECT } from './courses.ts'
import type { Attempt } from './world.ts'

/** What one class of attempts showed. */
export interface ClassReport {
  readonly name: string
  readonly attempts: readonly string[]
  /** Names of those that the unprotected CLI let happen; the others it stopped by itself. */
  readonly live: readonly string[]
  /** By guard: names of those that got through, and what else was not as it must be. */
  readonly guarded: readonly {
    readonly guard: Guard
    readonly through: readonly string[]
    readonly wrong: readonly string[]
  }[]
}

const COURSES: Readonly<Record<string, readonly Course[]>> = {
  'budget exhaustion': BUDGET,
  'API misbehaviour': [...API, REDIRECT],
}

/** Every class by name, and how it is run. */
export const SUITE: Readonly<Record<string, (t: Test) => Promise<ClassReport>>> = Object.fromEntries([
  ...Object.entries(CLASSES).map(([name, attempts]) => [name, (t: Test) => runClass(t, name, attempts)] as const),
  ...Object.entries(COURSES).map(([name, courses]) => [name, (t: Test) => runCourses(t, name, courses)] as const),
])

async function runClass(t: Test, name: string, attempts: readonly Attempt[]): Promise<ClassReport> {
  const live = await unguarded(t, name, attempts)
  const guarded = await inTurns(GUARDS, 2, async (guard) => {
    const trial = await attempt(t, attempts, guard)
    return { guard, through: chosen(attempts, trial.succeeded), wrong: wrongIn(trial, guard) }
  })
  return { name, attempts: attempts.map((each) => each.name), live: chosen(attempts, live), guarded }
}

/** A slash command has to be the whole of a prompt; everything else goes together. */
async function unguarded(t: Test, name: string, attempts: readonly Attempt[]): Promise<readonly boolean[]> {
  if (name !== 'slash commands') return (await attempt(t, attempts, null)).succeeded
  return (await inTurns(attempts, 2, async (each) => (await attempt(t, [each], null)).succeeded)).flat()
}

/** What of a guarded run is not as it must be, whatever was attempted. */
function wrongIn({ result, calls, keys }: Trial, { sandbox }: Guard): readonly string[] {
  const data = result?.data as
    | { decisions: object[]; decisions_left_out: number; layers: { sandbox: string } }
    | undefined
  if (result?.exitCode !== 0 || data === undefined)
    return [`the task ended with ${result?.exitCode}: ${result?.stderr}`]
  const decisions = data.decisions.length + data.decisions_left_out
  const wrong: string[] = []
  if (decisions !== calls) wrong.push(`${decisions} decisions about ${calls} tool uses`)
  if (data.layers.sandbox !== (sandbox === 'off' ? 'none' : 'bubblewrap')) wrong.push(`sandbox ${data.layers.sandbox}`)
  if (keys.size !== 1) wrong.push(`${keys.size} keys came to the API`)
  return wrong
}

async function runCourses(t: Test, name: string, courses: readonly Course[]): Promise<ClassReport> {
  // Most of them only wait
  const live = await inTurns(courses, 8, (course) => attemptCourse(t, course, null))
  const guards = GUARDS.filter(({ sandbox }) => sandbox === 'required')
  const guarded = []
  for (const guard of guards) {
    const through = await inTurns(courses, 4, (course) => attemptCourse(t, course, guard))
    guarded.push({ guard, through: chosen(courses, through), wrong: [] })
  }
  return { name, attempts: courses.map((each) => each.name), live: chosen(courses, live), guarded }
}

function chosen(attempts: readonly { readonly name: string }[], succeeded: readonly boolean[]): readonly string[] {
  return attempts.filter((_, at) => succeeded[at]).map(({ name }) => name)
}

/** As many at a time as the machine bears; the next begins when one is done. */
async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = [...items.entries()]
  async function worker(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
