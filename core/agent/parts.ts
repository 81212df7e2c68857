import { join } from 'node:path'
import { CommandError, type Logger } from '@gururmm/plugin-sdk'
import type { Approvals } from '../approvals/index.ts'
import type { LoadedConfig } from '../config/index.ts'
import { type DurableJournal, openJournal, systemClock } from '../journal/index.ts'
import { createLimits, type Limiter } from '../limits/limits.ts'
import type { PluginHost } from '../plugins/contract.ts'
import { createPluginHost } from '../plugins/index.ts'
import type { Policy } from '../policy/index.ts'
import type { Redactor } from '../redaction/index.ts'
import type { RunAs, Runner } from '../runner/contract.ts'
import { createRunner, findAccount } from '../runner/index.ts'
import { createSpool, type Spool } from '../spool/index.ts'
import type { Installation } from './installation.ts'

/** What every part needs. */
export interface Tools {
  readonly logger: Logger
  /** Told every secret the agent reads; the logger masks them too. */
  readonly redactor: Redactor
}

/** The journal in the agent's data folder. */
export function openJournalOf({ config }: LoadedConfig, { logger, redactor }: Tools): Promise<DurableJournal> {
  return openJournal({
    directory: join(config.agent.dataDir, 'journal'),
    limits: config.journal,
    redact: (text) => redactor.redact(text),
    logger,
  })
}

/**
 * Who may run. Rate windows are measured by the clock that never jumps, which a wrong wall clock does not empty; what the journal
 * tells is translated by its age.
 */
export function makeAdmission(
  { config, ruleOf }: LoadedConfig,
  journal: Pick<DurableJournal, 'startsSince' | 'usageSince'>,
): Limiter {
  const now = systemClock.uptime
  return createLimits({
    agent: config.limits,
    now,
    ruleOf,
    startsSince: async (type, since, by) => {
      const ahead = systemClock.now() - now()
      const starts = await journal.startsSince(type, since + ahead, by)
      return starts.map((start) => start - ahead)
    },
    usageSince: async (type, key, since, by) => {
      const ahead = systemClock.now() - now()
      const spent = await journal.usageSince(type, key, since + ahead, by)
      return spent.map(({ at, value }) => ({ at: at - ahead, value }))
    },
  })
}

/** Long outputs in the agent's data folder; what is there already is looked for after `scanAfter`. */
export function openSpoolOf(
  { config }: LoadedConfig,
  { logger }: Pick<Tools, 'logger'>,
  scanAfter?: Promise<void>,
): Spool {
  const directory = join(config.agent.dataDir, 'spool')
  return createSpool({ directory, limits: config.journal, logger, ...(scanAfter && { scanAfter }) })
}

/** One for the next command, one for the one that comes while its successor is being started. */
const LAUNCHERS = 2

/** The runner that the config asks for. */
export function makeRunner({ config }: LoadedConfig, { logger, redactor }: Tools): Runner {
  const { runAs, runContainment } = config.agent
  return createRunner({
    logger,
    redactor,
    containment: runContainment,
    runAs: accountOf(runAs),
    launchers: Math.min(LAUNCHERS, config.limits.maxConcurrentCommands),
  })
}

/** Only root can start programs as somebody else; elsewhere the key is ignored, as its description says. */
function accountOf(user: string | null): RunAs | null {
  if (user === null || process.geteuid?.() !== 0) return null
  const account = findAccount(user)
  if (account !== null) return account
  const message = `agent.runAs must be a user of /etc/passwd, not ${JSON.stringify(user)}; create the user or mend the name.`
  throw new CommandError('CONFIG_INVALID', message, { refused: true })
}

/** The host of the plugins that the config names, as the policy allows them. Their code is loaded after `loadAfter`. */
export function makePlugins(
  { config, directory, site }: LoadedConfig,
  policy: Policy,
  runner: Runner,
  { sdkUrl, shippedFolders, pluginProcess }: Installation,
  { logger, redactor }: Tools,
  approvals: Approvals,
  loadAfter: Promise<void>,
): PluginHost {
  const host = createPluginHost({
    loadAfter,
    plugins: policy.settings,
    shippedFolders,
    dataDir: config.agent.dataDir,
    site,
    configDir: directory,
    runner,
    redactor,
    logger,
    approvals,
    sdkUrl,
    isolation: { ...pluginProcess, account: pluginAccount(config.agent.pluginUser) },
    maxOutputBytes: config.limits.maxOutputBytes,
  })
  policy.follow(host)
  return host
}

/** Whom isolated plugins run as; null where the agent needs none, or there is no such user: then they stay off, and say so. */
function pluginAccount(user: string): { readonly name: string; readonly uid: number; readonly gid: number } | null {
  const account = process.geteuid?.() === 0 ? findAccount(user) : null
  return account === null || account.uid === 0 ? null : { name: user, uid: account.uid, gid: account.gid }
}
