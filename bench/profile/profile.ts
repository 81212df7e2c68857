import { readFile } from 'node:fs/promises'
import path from 'node:path'
import Table from 'cli-table3'
import { withPeers } from '../measures/bench.ts'
import { timeCommands } from '../measures/command.ts'
import type { PeerKind } from '../peers/peer.ts'
import { median } from '../statistics.ts'
import { PROFILE_FILE, type Steps } from './steps.ts'

/** Where the time of one trivial command goes: medians in ms, by peer. */
export type Profile = Readonly<Record<string, Steps & { readonly total: number }>>

const STEPS = {
  before: 'frame to start: decode, checks, limits, journal',
  spawn: 'the call that starts the program',
  program: 'the program, until its end is heard of',
  after: 'end to result: output, left-overs, journal',
  files: '… of all this: files (cgroup, /proc)',
  worker: '… of all this: waiting for a worker thread (journal)',
} as const satisfies Record<keyof Steps, string>

/** So many commands, one at a time, in rounds that take turns. */
const ROUNDS = 20
const COMMANDS = 25

/** Runs trivial commands with each kind and asks the probe in it where they spent their time. */
export async function profile(kinds: readonly PeerKind[], scratch: string): Promise<Profile> {
  const totals = new Map<string, number[]>(kinds.map(({ name }) => [name, []]))
  const fileOf = ({ name }: PeerKind) => path.join(scratch, `profile-${name}.json`)
  const env = (kind: PeerKind) => ({ [PROFILE_FILE]: fileOf(kind) })
  await withPeers(kinds, { env }, async (peers) => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [{ name }, peer] of peers) totals.get(name)?.push(...(await timeCommands(peer, COMMANDS, 1)))
    }
  })
  const entries = kinds.map(async (kind) => {
    const steps: readonly Steps[] = JSON.parse(await readFile(fileOf(kind), 'utf8'))
    // The first ones find code that is not compiled yet.
    return [kind.name, { ...mediansOf(steps.slice(COMMANDS)), total: median(totals.get(kind.name) ?? []) }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** For people; `names`: the agent and what it is told against. */
export function profileTable(profiles: Profile): string {
  const names = Object.keys(profiles)
  const table = new Table({
    head: ['one command, median ms', ...names],
    colAligns: ['left', ...names.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  })
  const line = (label: string, key: keyof Steps | 'total') =>
    table.push([label, ...names.map((name) => (profiles[name]?.[key] ?? Number.NaN).toFixed(3))])
  for (const [step, label] of Object.entries(STEPS)) line(label, step as keyof Steps)
  line('round trip, seen by the server', 'total')
  return table.toString()
}

function mediansOf(all: readonly Steps[]): Steps {
  const of = (step: keyof Steps) => median(all.map((steps) => steps[step]))
  return {
    before: of('before'),
    spawn: of('spawn'),
    program: of('program'),
    after: of('after'),
    files: of('files'),
    worker: of('worker'),
  }
}
