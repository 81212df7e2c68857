import type { Logger, OperatorLimits } from '@gururmm/plugin-sdk'
import type { LoadedConfig } from '../config/index.ts'
import type { Failure } from '../dispatch/contract.ts'
import { findWidening } from '../limits/narrow.ts'
import type { Narrowing, PluginHost, PluginSettings } from '../plugins/contract.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { SiteProfileAppliedPayload } from '../protocol/messages.ts'
import { type KeptProfile, keepProfile, PROFILE_FILE } from './kept-profile.ts'
import { readSiteProfile, type SiteProfile } from './site-profile.ts'

/** How the site profile stands, for `status`. */
export interface ProfileStatus {
  /** `damaged`: what was kept can't be read, so every plugin is off until the server sends it again. */
  readonly state: 'none' | 'in_force' | 'damaged'
  readonly revision: number | null
  /** RFC 3339; when it came. */
  readonly receivedAt: string | null
  readonly plugins: SiteProfile['plugins']
  /** One sentence; null: all is well. */
  readonly problem: string | null
}

export interface PolicyOptions {
  readonly loaded: LoadedConfig
  readonly kept: KeptProfile
  readonly logger: Logger
}

/** A profile that this process knows to be in force, or the damage that stands in its place. */
type InForce = Extract<KeptProfile, { state: 'kept' | 'damaged' }>

/** What is allowed at this site: the operator's config, and above it what the server's site profile takes away. */
export class Policy {
  readonly #logger: Logger
  #loaded: LoadedConfig
  #profile: InForce | null
  #problem: string | null = null
  /** Whether the file has the profile that is in force. */
  #isKept = true
  #host: PluginHost | null = null
  /** One write of the file after the other. Never rejects. */
  #keeping: Promise<unknown> = Promise.resolve()

  constructor({ loaded, kept, logger }: PolicyOptions) {
    this.#loaded = loaded
    this.#logger = logger
    this.#profile = kept.state === 'none' ? null : kept
    if (kept.state === 'kept' && kept.site !== loaded.site) {
      logger.warn({ site: kept.site }, 'the kept site profile is of another site and does not hold here')
      this.#profile = null
    }
    if (kept.state === 'damaged') logger.error({ reason: kept.reason }, this.#damage(kept.reason))
  }

  /** The plugins' settings in force. */
  get settings(): Readonly<Record<string, PluginSettings>> {
    const names = Object.keys(this.#loaded.config.plugins)
    return Object.fromEntries(names.map((name) => [name, this.settingsOf(name) as PluginSettings]))
  }

  get status(): ProfileStatus {
    const none = { revision: null, receivedAt: null, plugins: {}, problem: this.#problem }
    if (this.#profile === null) return { ...none, state: 'none' }
    if (this.#profile.state === 'damaged') {
      return { ...none, state: 'damaged', problem: this.#problem ?? this.#damage(this.#profile.reason) }
    }
    const { receivedAt, profile } = this.#profile
    return { state: 'in_force', receivedAt, problem: this.#problem, ...profile }
  }

  /** The settings in force of one plugin; undefined where the config does not name it. */
  settingsOf(name: string): PluginSettings | undefined {
    const { config } = this.#loaded
    if (!Object.hasOwn(config.plugins, name)) return undefined
    const narrowing = this.#narrowingOf(name)
    // Asked for later: a key may move to another place and keep its value
    const ruleOf = (keys: readonly string[]) => this.#loaded.ruleOf(keys)
    return { ...(config.plugins[name] as PluginSettings), ruleOf, ...(narrowing && { narrowing }) }
  }

  /** From now on changes reach the plugins of this host. */
  follow(host: PluginHost): void {
    this.#host = host
  }

  /**
   * Puts a changed config in force, which no profile can widen.
   *
   * @returns the plugins that changed; resolves once they have taken it up. Switching off does not wait for their last commands.
   */
  async adopt(loaded: LoadedConfig): Promise<readonly string[]> {
    const before = this.#loaded.config.plugins
    const after = loaded.config.plugins
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    const text = (plugins: typeof after, name: string) => canonicalJson(plugins[name] ?? null)
    const changed = names.filter((name) => text(before, name) !== text(after, name))
    this.#loaded = loaded
    await Promise.all(changed.map((name) => this.#change(name)))
    return changed
  }

  /**
   * Takes a profile of the server: in force when this returns its promise, kept when that resolves. Never rejects.
   *
   * @param value whatever came as one; only its revision is needed for an answer.
   */
  async receive(value: unknown): Promise<SiteProfileAppliedPayload> {
    const read = readSiteProfile(value)
    if ('problem' in read) return this.#refuse(revisionOf(value), read.problem)
    const { profile } = read
    const problem = this.#obstacle(profile)
    if (problem !== undefined) return this.#refuse(profile.revision, problem)
    const before = this.#profile
    if (this.#isInForce(profile) && this.#isKept) {
      this.#problem = null
      return this.#answer(profile)
    }
    const receivedAt = new Date().toISOString()
    this.#profile = { state: 'kept', site: this.#loaded.site, receivedAt, profile }
    this.#problem = null
    const changed = [...new Set([...this.#touchedBy(before), ...this.#touchedBy(this.#profile)])]
    this.#logger.info({ revision: profile.revision, plugins: changed }, 'a site profile is in force')
    for (const name of changed) void this.#change(name)
    return this.#keep(receivedAt, profile)
  }

  async #keep(receivedAt: string, profile: SiteProfile): Promise<SiteProfileAppliedPayload> {
    const { revision } = profile
    const { dataDir } = this.#loaded.config.agent
    const kept = this.#keeping.then(() => keepProfile(dataDir, this.#loaded.site, receivedAt, profile))
    this.#keeping = kept.catch(() => {})
    try {
      await kept
      this.#isKept = true
      return this.#answer(profile)
    } catch (error) {
      const message = `The site profile of revision ${revision} is in force, but could not be kept (${(error as Error).message}); mend the disk of the data folder, then send it again.`
      this.#isKept = false
      this.#problem = message
      this.#logger.error({ code: 'SITE_PROFILE_NOT_KEPT', err: error }, message)
      return { ...this.#answer(profile), error: { code: 'SITE_PROFILE_NOT_KEPT', message } }
    }
  }

  #answer(profile: SiteProfile): SiteProfileAppliedPayload {
    const unknown = this.#unknownIn(profile)
    return { revision: profile.revision, ...(unknown.length > 0 && { unknown }) }
  }

  #refuse(revision: number, { code, message }: Failure): SiteProfileAppliedPayload {
    this.#problem = message
    this.#logger.error({ code, revision }, message)
    return { revision, error: { code, message } }
  }

  #isInForce(profile: SiteProfile): boolean {
    return this.#profile?.state === 'kept' && canonicalJson(this.#profile.profile) === canonicalJson(profile)
  }

  #obstacle(profile: SiteProfile): Failure | undefined {
    if (this.#isInForce(profile)) return undefined
    const { revision } = profile
    const current = this.#profile?.state === 'kept' ? this.#profile.profile : null
    if (current !== null && revision <= current.revision) {
      const found = revision === current.revision ? 'has that revision and another content' : `has ${revision}`
      const message = `The site profile is refused: revision ${current.revision} is in force, and this one ${found}; give it a higher one.`
      return { code: 'SITE_PROFILE_OUTDATED', message }
    }
    return this.#wideningIn(profile)
  }

  /** Its numbers against what manifest and config allow. */
  #wideningIn({ revision, plugins }: SiteProfile): Failure | undefined {
    const { maxConcurrentCommands, maxQueuedCommands } = this.#loaded.config.limits
    for (const [name, { limits = {} }] of Object.entries(plugins)) {
      const own = this.#host?.ownLimits(name) ?? {}
      for (const [type, wanted] of Object.entries(limits)) {
        const base: OperatorLimits = { concurrent: maxConcurrentCommands, queued: maxQueuedCommands, ...own[type] }
        const found = findWidening(base, wanted)
        if (found === undefined) continue
        const must = found.path.endsWith('windowSeconds') ? 'at least' : 'at most'
        const place = `plugins.${name}.limits.${type}.${found.path}`
        const message = `The site profile of revision ${revision} is refused: ${place} must be ${must} ${found.allowed}, as the agent’s own config has it, not ${found.found}.`
        return { code: 'SITE_PROFILE_WIDENS', message }
      }
    }
    return undefined
  }

  /** What it names that this agent does not have; a misspelt name would else pass for a plugin that is off. */
  #unknownIn({ plugins }: SiteProfile): string[] {
    return Object.entries(plugins).flatMap(([name, { limits = {} }]) => {
      const own = this.#host?.ownLimits(name)
      if (own === undefined) return [`plugins.${name}`]
      const types = Object.keys(limits).filter((type) => !Object.hasOwn(own, type))
      return types.map((type) => `plugins.${name}.limits.${type}`)
    })
  }

  #touchedBy(inForce: InForce | null): readonly string[] {
    const all = Object.keys(this.#loaded.config.plugins)
    if (inForce === null || inForce.state === 'damaged') return inForce === null ? [] : all
    return all.filter((name) => Object.hasOwn(inForce.profile.plugins, name))
  }

  #narrowingOf(name: string): Narrowing | undefined {
    const inForce = this.#profile
    if (inForce === null) return undefined
    if (inForce.state === 'damaged') {
      return { source: 'site profile (damaged)', off: this.#damage(inForce.reason), limits: {} }
    }
    const { revision, plugins } = inForce.profile
    if (!Object.hasOwn(plugins, name)) return undefined
    const { enabled, limits = {} } = plugins[name] as SiteProfile['plugins'][string]
    const off = enabled === false ? `It is switched off by the site profile (revision ${revision}).` : null
    return { source: `site profile ${revision}`, off, limits }
  }

  #damage(reason: string): string {
    return `The kept site profile (${PROFILE_FILE} in the data folder) is damaged: ${reason}. What it took away is not known, so all plugins are off until the server sends it again, or the operator deletes the file and starts the agent anew.`
  }

  async #change(name: string): Promise<void> {
    const settings = this.settingsOf(name)
    const host = this.#host
    if (host === null) return
    const done = settings === undefined ? host.disable(name) : host.reconfigure(name, settings)
    // Switching off takes as long as the plugin's last command; it takes no new ones from now on
    if (settings?.enabled === true && (settings.narrowing?.off ?? null) === null) await done
  }
}

function revisionOf(value: unknown): number {
  const { revision } = (value ?? {}) as { revision?: unknown }
  return Number.isSafeInteger(revision) ? (revision as number) : 0
}
