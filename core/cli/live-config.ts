import { statSync, watch } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Logger } from '@gururmm/plugin-sdk'
import type { Agent } from '../agent/agent.ts'
import { type AgentConfig, type LoadedConfig, type LoadOptions, loadConfig } from '../config/index.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'

/** The config of a running agent, as it changes. */
export interface LiveConfig {
  readonly source: LoadOptions
  /** What the file was like when the agent started; tells whether it has changed by the time it is watched. */
  readonly stamp: string
  /** Why the file as it is now is not (wholly) in force; null: it is. */
  readonly problem: string | null
  /** Puts a config that the file now holds in force; resolves when the plugins have taken it up. */
  apply(next: LoadedConfig): Promise<void>
  /** Reads the file again; a broken one changes nothing but {@link LiveConfig.problem}. Never rejects. */
  reload(): Promise<void>
}

export interface LiveConfigOptions {
  readonly loaded: LoadedConfig
  readonly source: LoadOptions
  readonly agent: Agent
  readonly logger: Logger
  /** Told the `log.level` in force. */
  readonly onLogLevel?: (level: AgentConfig['log']['level']) => void
}

/** Editors write a file in several steps; what they leave a moment later is what counts. In ms. */
const SETTLE_MS = 200

/** Plugins and the log's level follow the file while the agent runs; anything else waits for the next start, and `problem` says so. */
export function createLiveConfig({ loaded, source, agent, logger, onLogLevel }: LiveConfigOptions): LiveConfig {
  let current = loaded
  let problem: string | null = null
  let work: Promise<void> = Promise.resolve()
  const pinned: LoadOptions = { ...source, flags: { ...source.flags, ...pinnedFlags(loaded) } }

  async function takeUp(next: LoadedConfig): Promise<void> {
    problem = restartNeeded(loaded.config, next.config)
    if (next.digest === current.digest) return
    current = next
    const adopted = agent.adopt(next)
    logger.info({ config: next.digest }, 'the config changed')
    if (problem !== null) logger.warn({}, problem)
    onLogLevel?.(next.config.log.level)
    await adopted
  }

  async function reload(): Promise<void> {
    const before = { problem, digest: current.digest }
    try {
      await takeUp(await loadConfig(pinned))
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      problem = message
      logger.error({ code, problem }, 'the changed config is broken; the one before stays in force')
    }
    if (problem !== before.problem || current.digest !== before.digest) agent.reportConfig(problem)
  }

  const enqueue = (task: () => Promise<void>): Promise<void> => {
    const done = work.then(task)
    work = done.catch(() => {})
    return done
  }
  return {
    source: pinned,
    stamp: stampOf(source.file),
    get problem() {
      return problem
    },
    apply: (next) =>
      enqueue(async () => {
        await takeUp(next)
        agent.reportConfig(problem)
      }),
    reload: () => enqueue(reload),
  }
}

/**
 * Reloads the config whenever its file changes. The folder is watched, not the file: editors and `plugin enable` put a new file in the
 * old one's place. What changed before it was watched is taken up as well.
 *
 * @returns ends it.
 */
export async function followFile(live: LiveConfig, logger: Logger): Promise<() => void> {
  const file = await realpath(live.source.file)
  let timer: NodeJS.Timeout | undefined
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (name !== null && name !== basename(file)) return
      clearTimeout(timer)
      timer = setTimeout(() => void live.reload(), SETTLE_MS).unref()
    })
    watcher.on('error', (error) =>
      logger.warn({ err: error }, 'changes of the config are no longer seen; start the agent anew after one'),
    )
    if (stampOf(file) !== live.stamp) void live.reload()
    return () => {
      clearTimeout(timer)
      watcher.close()
    }
  } catch (error) {
    // A machine out of watches: the agent works, only less comfortably
    logger.warn({ err: error }, 'changes of the config cannot be seen; start the agent anew after one')
    return () => {}
  }
}

/** Differs where a file is another one, or was written. */
function stampOf(file: string): string {
  const { ino, mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return [ino, mtimeMs, size].join(' ')
}

/**
 * What no live change may touch. The site is who the agent is to the server; it would pick another section of the file. And who could
 * change an unprotected file could take the demand for protection out of it.
 */
function pinnedFlags({ site, config }: LoadedConfig): Record<string, string> {
  const isProtected = config.security.requireProtectedConfig
  return { 'agent.site': site, ...(isProtected && { 'security.requireProtectedConfig': 'true' }) }
}

/** The keys that are read once, at the start. */
function restartNeeded(started: AgentConfig, now: AgentConfig): string | null {
  const fixed = ({ plugins: _, sites: __, security: ____, log: { level: ___, ...log }, ...others }: AgentConfig) => ({
    ...others,
    log,
  })
  const [before, after] = [fixed(started), fixed(now)]
  const sections = (Object.keys(before) as (keyof typeof before)[]).filter(
    (key) => canonicalJson(before[key]) !== canonicalJson(after[key]),
  )
  return sections.length === 0
    ? null
    : `Changes of ${sections.map((key) => `\`${key}\``).join(', ')} in the config take effect when the agent starts anew.`
}
