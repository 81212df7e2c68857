import { setTimeout as delay } from 'node:timers/promises'
import type { Manifest, Permissions } from '@gururmm/plugin-sdk'
import type { TestLogLine, TestResult, TestRunOptions } from '@gururmm/plugin-sdk/testing'
import type { Installation } from '../../agent/installation.ts'
import { createApprovals } from '../../approvals/index.ts'
import { createPluginHost, type PluginSettings, type PluginStatus } from '../../plugins/index.ts'
import type { PluginProcess } from '../../plugins/isolated/plugin-process.ts'
import { Redactor } from '../../redaction/index.ts'
import { createRunner, findAccount } from '../../runner/index.ts'
import { collectingLogger } from '../../testing/collecting-logger.ts'
import { createDispatcher, dispatchCommand } from '../../testing/dispatch-command.ts'
import type { DevSettings } from '../dev-settings.ts'
import { grantsFor } from '../grants.ts'
import type { Stage } from '../stage.ts'
import { createFaultyRunner, type ProgramFault } from './programs.ts'

/** A command that takes longer is one that does not end. */
const LONGEST_SECONDS = 20

/** One plugin, isolated as an agent isolates it, that commands are sent to. */
export interface Bench {
  readonly status: PluginStatus
  readonly settings: PluginSettings
  /** The author's. */
  readonly folder: string
  /** Runs one command; `fault`: with programs that misbehave. Never rejects. */
  run(type: string, input: unknown, options?: TestRunOptions & { readonly fault?: ProgramFault }): Promise<BenchResult>
  reconfigure(settings: Partial<PluginSettings>): Promise<PluginStatus>
  disable(): Promise<PluginStatus>
  enable(): Promise<PluginStatus>
  /** Ends the plugin's process as the system would for want of memory. */
  crash(): void
  close(): Promise<void>
}

export interface BenchResult extends TestResult {
  /** How many programs the handler asked for. */
  readonly programs: number
  /** What was logged of it, with the author's files named. */
  readonly log: readonly TestLogLine[]
}

export interface BenchOptions {
  readonly folder: string
  readonly staged: string
  readonly manifest: Manifest
  readonly dev: DevSettings
  readonly stage: Stage
  readonly installation: Installation
  /** Default: what `dev` grants, else what the manifest asks for. */
  readonly grants?: Permissions
  /** Default: at once. */
  readonly startAfterMs?: number
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const { folder, manifest, stage, installation, startAfterMs = 0 } = options
  const { name } = manifest
  const log: TestLogLine[] = []
  const redactor = new Redactor()
  const logger = collectingLogger(log, redactor)
  const runner = createFaultyRunner(createRunner({ logger, redactor }), manifest.permissions.programs === 'operator')
  const processes = new Set<PluginProcess>()
  const settings = settingsOf(options)
  const approvals = createApprovals(() => null)
  const host = createPluginHost({
    plugins: { [name]: settings },
    shippedFolders: {},
    dataDir: stage.dataDir(),
    site: 'test',
    configDir: folder,
    runner,
    redactor,
    logger,
    approvals,
    sdkUrl: installation.sdkUrl,
    isolation: {
      ...installation.pluginProcess,
      account: unprivileged(),
      // The kit ends processes on purpose, and does not want to wait for that
      breaker: { backoffMs: 0, maxBackoffMs: 0, failures: 1000 },
      onProcess: (process) => {
        processes.add(process)
        void process.ended.then(() => processes.delete(process))
      },
    },
    maxOutputBytes: 1_048_576,
    ...(startAfterMs > 0 && { loadAfter: delay(startAfterMs) }),
  })
  const parts = { dispatcher: createDispatcher(host.registry, logger), approvals }
  const status = () => host.list()[0] as PluginStatus
  if (startAfterMs === 0) {
    await host.ready
    // Isolated plugins start with their first command else, and what is wrong with them is known then
    await host.disable(name)
    await host.enable(name)
  }
  return {
    get status() {
      return status()
    },
    settings,
    folder,
    async run(type, input, { fault, ...runOptions } = {}) {
      const [from, before] = [log.length, runner.asked]
      runner.fault = fault ?? null
      const result = await dispatchCommand(parts, type, input, { timeoutSeconds: LONGEST_SECONDS, ...runOptions })
      return { ...result, programs: runner.asked - before, log: log.slice(from).map((line) => ownFiles(line, stage)) }
    },
    reconfigure: (changed) => host.reconfigure(name, { ...settings, ...changed }),
    disable: () => host.disable(name),
    enable: () => host.enable(name),
    crash() {
      for (const process of processes) process.kill('the test kit ended it')
    },
    async close() {
      await host.close()
      await runner.close()
    },
  }
}

function settingsOf({ staged, manifest, dev, grants }: BenchOptions): PluginSettings {
  const permissions = grants ?? dev.permissions ?? grantsFor(manifest.permissions)
  return { enabled: true, use: staged, permissions, config: dev.config }
}

function ownFiles(line: TestLogLine, stage: Stage): TestLogLine {
  return JSON.parse(JSON.stringify(line, (_, value) => (typeof value === 'string' ? stage.own(value) : value)))
}

/** As the agent does where it is root. */
function unprivileged() {
  const account = process.geteuid?.() === 0 ? findAccount('nobody') : null
  return account === null ? null : { name: 'nobody', uid: account.uid, gid: account.gid }
}
