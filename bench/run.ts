/**
 * `npm run bench`: what the agent costs beside the least an agent can be, and beside others; all in one run, in turn, for only
 * ratios of one run mean anything. `npm run bench -- claude`: what a Claude task costs. docs/performance.md explains the rows.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Bench } from './measures/bench.ts'
import { measureBurst } from './measures/burst.ts'
import { measureCommands } from './measures/commands.ts'
import { measureMemory } from './measures/memory.ts'
import { measureOutput } from './measures/output.ts'
import { measureStarts } from './measures/starts.ts'
import { ALL_CAPABILITIES, agentKind, bundleModule, floorKind } from './peers/node-agents.ts'
import { opensshKind } from './peers/openssh.ts'
import type { Missing, PeerKind } from './peers/peer.ts'
import { zabbixKind } from './peers/zabbix.ts'
import { type Profile, profile, profileTable } from './profile/profile.ts'
import { createReport, NO_DISK, type Report } from './report.ts'
import { createSamples } from './samples.ts'
import { FULL, QUICK } from './sizes.ts'
import { tableOf } from './table.ts'

const MEMORY = '/dev/shm'

const MEASURES = {
  starts: measureStarts,
  commands: measureCommands,
  memory: measureMemory,
  burst: measureBurst,
  output: measureOutput,
} as const

interface Options {
  readonly quick?: true
  readonly json?: true
  readonly profile?: true
  readonly only: readonly (keyof typeof MEASURES)[]
}

/** @param onAgents measures the agent. */
function commandLine(onAgents: (options: Options) => Promise<void>): Command {
  const bench = new Command('bench')
    .description(
      'Measures the built agent against the bare floor, and against OpenSSH and Zabbix agent 2 where installed.',
    )
    .option('--quick', 'a run of some twenty seconds that shows that all works; its figures mean nothing')
    .option('--json', 'print JSON')
    .option('--profile', 'instead, tell where the time of one command goes')
    .addOption(
      new Option('--only <measures...>', 'measure nothing else')
        .choices(Object.keys(MEASURES))
        .default(Object.keys(MEASURES), 'all'),
    )
    .action(onAgents)
  bench
    .command('claude')
    .description(
      'Measures Claude tasks against the bare Claude Code CLI, which it installs for itself, and a stand-in for the API.',
    )
    .addOption(new Option('--rounds <count>', 'how often each is run').argParser(roundsOf).default(15))
    .action(async ({ rounds }) => {
      const { benchClaude } = await import('./claude.ts')
      console.log(await benchClaude(rounds))
    })
  return bench
}

function roundsOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.')
  return Number(text)
}

async function findKinds(scratch: string, memory: string | null): Promise<readonly (PeerKind | Missing)[]> {
  const spec = 'the same, with a server that knows only the two messages of the first protocol'
  const full = 'the bundle, its default config, its shipped plugins; a server that acknowledges all'
  return [
    agentKind(scratch, {
      name: 'agent',
      capabilities: ALL_CAPABILITIES,
      explanation: full,
      measured: ['starts', 'cachedStarts', 'memory', 'output', 'burst'],
    }),
    agentKind(scratch, { name: 'agent, no acks', capabilities: null, explanation: spec }),
    noDiskKind(scratch, memory),
    await floorKind(scratch),
    await opensshKind(scratch),
    await zabbixKind(scratch),
  ]
}

/** @param memory a folder whose files are never on a disk; null: there is none. */
function noDiskKind(scratch: string, memory: string | null): PeerKind | Missing {
  if (memory === null) return { name: NO_DISK, missing: `there is no ${MEMORY}, a file system in memory` }
  const explanation = `the agent with its data in ${MEMORY}, where a sync takes no time: what it costs without a durable journal`
  return agentKind(scratch, { name: NO_DISK, capabilities: ALL_CAPABILITIES, explanation, dataDir: memory })
}

async function measure(options: Options, scratch: string, memory: string | null): Promise<Report> {
  const loadBefore = loadavg()[0] ?? Number.NaN
  const found = await findKinds(scratch, memory)
  const missing = found.filter((each): each is Missing => 'missing' in each)
  const kinds = found.filter((each): each is PeerKind => 'start' in each)
  const agent = missing.find(({ name }) => name === 'agent')
  if (agent !== undefined) throw new Error(agent.missing)
  const sizes = options.quick ? QUICK : FULL
  const say = (doing: string) => void process.stderr.write(`bench: ${doing} …\n`)
  const bench: Bench = { sizes, samples: createSamples(), kinds, say }
  for (const name of options.only) await MEASURES[name](bench)
  return createReport({ ...bench, missing, quick: options.quick === true, loadBefore })
}

/** The agent and the floor, each with a probe in it. */
async function profileAgents(scratch: string): Promise<Profile> {
  const preload = await bundleModule('profile/probe.ts', scratch)
  const agent = agentKind(scratch, { name: 'agent', capabilities: ALL_CAPABILITIES, explanation: '', preload })
  if ('missing' in agent) throw new Error(agent.missing)
  return profile([agent, await floorKind(scratch, { preload })], scratch)
}

async function main(options: Options, scratch: string, memory: string | null): Promise<boolean> {
  const print = <T>(value: T, text: (value: T) => string) =>
    console.log(options.json ? JSON.stringify(value, null, 2) : text(value))
  if (options.profile) {
    print(await profileAgents(scratch), profileTable)
    return true
  }
  const report = await measure(options, scratch, memory)
  print(report, tableOf)
  return report.lost === 0
}

async function benchAgents(options: Options): Promise<void> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'gururmm-bench-'))
  const memory = existsSync(MEMORY) ? await mkdtemp(path.join(MEMORY, 'gururmm-bench-')) : null
  try {
    if (!(await main(options, scratch, memory))) process.exitCode = 1
  } finally {
    for (const folder of [scratch, memory]) if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

try {
  await commandLine(benchAgents).parseAsync()
} catch (error) {
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}
