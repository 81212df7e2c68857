import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { waitUntil } from '../helpers/wait-until.ts'
import { type History, isClean, judge, type Verdict } from './checker.ts'
import { createRandom, type Random } from './random.ts'
import { type FaultServer, type FaultServerOptions, startFaultServer } from './server.ts'
import { createSite, type Life, type Site, type SiteOptions } from './site.ts'

/** Whether the long form was asked for. */
export const LONG = process.env.FAULTS_LONG === '1'

const SEED = Number(process.env.FAULTS_SEED ?? 1)

/** How long what a dead agent left may live on after the next one started, ms. */
const SWEEP_MS = 5000

/** What a row came to, for the table at the end of the suite. */
export interface ReportedRow {
  readonly fault: string
  /** The line of the table it is counted in. */
  readonly line: string
  readonly times: number
  readonly commands: number
  readonly lost: number
  readonly doubled: number
  /** Conflicting, untrue, strange or unrecorded. */
  readonly wrong: number
  readonly leftOver: number
  readonly passed: boolean
  /** What it measured beside; absent: nothing. */
  readonly measured?: Measured
}

/** What was the most of each. */
export interface Measured {
  /** The p99 lag of the event loop that heartbeats told, ms. */
  readonly lagMs?: number
  /** Between two heartbeats, ms. */
  readonly pauseMs?: number
  /** Memory beyond that of the agent at rest, MiB. */
  readonly growthMiB?: number
}

export interface RowOptions {
  /** Programs it can't do without. */
  readonly needs?: readonly string[]
  readonly root?: boolean
  /** The line of the table it is counted in, together with others. Default: one of its own. */
  readonly counted?: string
}

/** What one row of the fault matrix works with. */
export interface Row {
  readonly t: Test
  readonly random: Random
  /** Counts an injected fault. */
  injected(times?: number): void
  /** For the table beside that of the counts; of several, the most of each stands there. */
  measured(what: Measured): void
  server(options?: Omit<FaultServerOptions, 'random'>): Promise<FaultServer>
  site(options: SiteOptions): Promise<Site>
  /**
   * Waits for all results and for an empty outbox, stops the agent, and holds everything that was seen to the checker.
   *
   * @param options.journal false: what the disk holds is not looked at, e.g. since it was damaged.
   * @param options.ownsUp true: a later result may say that the first was lost with the journal's files.
   */
  settle(
    site: Site,
    server: FaultServer,
    life: Life,
    options?: { readonly journal?: boolean; readonly ownsUp?: boolean },
  ): Promise<Verdict>
  /** Waits until none of these processes is left. */
  gone(site: Site, survivors: readonly string[]): Promise<void>
}

/** A row of the fault matrix as a test of its own, counted in the table. */
export function row(fault: string, options: RowOptions, act: (row: Row) => Promise<void>): void {
  if (!fault.includes(process.env.FAULTS_ROW ?? '')) return
  t.test(fault, async (t) => {
    const counts = { times: 0, commands: 0, lost: 0, doubled: 0, wrong: 0, leftOver: 0 }
    const measured: Measured[] = []
    t.teardown(() =>
      report({ fault, line: options.counted ?? fault, ...counts, passed: t.passing(), ...mostOf(measured) }),
    )
    const missing = obstacleOf(options)
    if (missing !== undefined) {
      t.fail(missing)
      return
    }
    const seed = SEED + hashOf(fault)
    t.comment(`seed ${SEED}`)
    const random = createRandom(seed)
    await act({
      t,
      random,
      injected: (times = 1) => {
        counts.times += times
      },
      measured: (what) => void measured.push(what),
      async server(server = {}) {
        const started = await startFaultServer({ ...server, random })
        t.teardown(() => started.close().catch(() => {}))
        return started
      },
      async site(site) {
        const created = await createSite(site)
        t.teardown(async () => {
          await created.remove()
          if (!t.passing()) t.comment(created.output().slice(-6000))
        })
        return created
      },
      async settle(site, server, life, { journal = true, ownsUp = false } = {}) {
        const seen = await finish(t, site, server, life, journal)
        const history = ownsUp ? withoutOwnedUp(seen) : seen
        const verdict = judge(history)
        counts.commands += history.commands.length
        counts.lost += verdict.lost.length
        counts.doubled += verdict.doubled.length
        counts.wrong += [verdict.conflicting, verdict.untrue, verdict.strange, verdict.unrecorded].flat().length
        counts.leftOver += verdict.leftOver.length
        if (!t.ok(isClean(verdict), 'the history is clean', { verdict })) explain(t, history, verdict)
        return verdict
      },
      gone: (site, survivors) => gone(t, site, survivors),
    })
  })
}

/** Nothing where nothing was measured. */
function mostOf(all: readonly Measured[]): { measured?: Measured } {
  if (all.length === 0) return {}
  const most = (key: keyof Measured): Measured => {
    const found = all.flatMap((each) => each[key] ?? [])
    return found.length === 0 ? {} : { [key]: Math.max(...found) }
  }
  return { measured: { ...most('lagMs'), ...most('pauseMs'), ...most('growthMiB') } }
}

function obstacleOf({ needs = [], root = false }: RowOptions): string | undefined {
  if (root && process.geteuid?.() !== 0) return 'This row needs root: run the suite as root (CI does).'
  const missing = needs.filter((program) => !isThere(program))
  if (missing.length > 0) return `This row needs ${missing.join(', ')}, not found on the PATH; install it (CI does).`
  return undefined
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}

/** Each row its own numbers, whichever rows run before it. */
function hashOf(text: string): number {
  return [...text].reduce((sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) | 0, 7) >>> 1
}

async function finish(t: Test, site: Site, server: FaultServer, life: Life, journal: boolean): Promise<History> {
  server.misbehave({})
  await server.untilConnected()
  await server.allAnswered()
  // Lost acknowledgements are made up for once everything is sent again.
  server.drop()
  await server.nextHeartbeat((beat) => beat.outbox === 0 && beat.running === 0).catch((error) => t.error(error))
  life.kill('SIGTERM')
  const { code, signal } = await life.ended
  t.strictSame({ code, signal }, { code: 0, signal: null }, 'the agent ends by itself when told to')
  await gone(t, site, site.survivors())
  return {
    commands: [...server.commands.keys()],
    results: server.results,
    acks: server.acks,
    executions: site.executions(),
    survivors: site.survivors(),
    ...(journal && { journal: await site.journal(server.commands.keys()) }),
  }
}

/** Without results that say, after a better one, that all that is known is lost. */
function withoutOwnedUp(history: History): History {
  const first = new Map([...history.results].reverse().map((result) => [result.id, result]))
  const ownsUp = (text: string): boolean => /"code":"(COMMAND_INTERRUPTED|RESULT_LOST)"/.test(text)
  return { ...history, results: history.results.filter((each) => each === first.get(each.id) || !ownsUp(each.text)) }
}

async function gone(t: Test, site: Site, survivors: readonly string[]): Promise<void> {
  const left = () => site.survivors().filter((line) => survivors.includes(line))
  await waitUntil('no process to be left', () => left().length === 0, SWEEP_MS).catch(() => {
    t.strictSame(left(), [], 'no process is left')
  })
}

/** What is known of the first few commands that something is wrong with. */
function explain(t: Test, history: History, verdict: Verdict): void {
  for (const [kind, found] of Object.entries(verdict) as [string, readonly string[]][]) {
    for (const id of found.slice(0, 3)) {
      const texts = history.results.filter((result) => result.id === id).map(({ text }) => text.slice(0, 400))
      const runs = history.executions.filter((each) => each === id).length
      const statuses = history.acks.filter((ack) => ack.id === id).map(({ status }) => status)
      t.comment(`${kind} ${id}: ran ${runs}, acks ${statuses}, journal ${JSON.stringify(history.journal?.get(id))}`)
      for (const text of texts) t.comment(`  ${text}`)
    }
  }
}

function report(row: ReportedRow): void {
  if (process.env.FAULTS_REPORT !== undefined) appendFileSync(process.env.FAULTS_REPORT, `${JSON.stringify(row)}\n`)
}
