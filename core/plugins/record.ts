import type { Check, OperatorLimits } from '@gururmm/plugin-sdk'
import type { CommandType, Execution, Failure, RunResult } from '../dispatch/contract.ts'
import { commandTypeOf } from './command-type.ts'
import type { PluginSettings, PluginStatus } from './contract.ts'
import type { HostedPlugin } from './hosted-plugin.ts'
import { InFlight } from './in-flight.ts'
import { recheckIntegrity } from './integrity.ts'
import { type LimitLayers, ownLimitsByType } from './limit-layers.ts'
import { checkSettings, checkTypesFree, type Described, describePlugin, loadPlugin } from './load.ts'
import { notReloadable, problemOf, refusalOf, refusedResult, withPlace } from './problems.ts'
import type { RecordOptions } from './record-options.ts'
import { isOn, needsSetup } from './settings.ts'
import { statusOf } from './status.ts'

/** The host's record of one plugin: what the config wants, what is in force, and the way from one to the other. */
export class PluginRecord {
  readonly name: string
  readonly #options: RecordOptions
  #wanted: PluginSettings
  #inForce: PluginSettings
  #state: PluginStatus['state']
  #problem: Failure | null = null
  #described: Described | null = null
  #hosted: HostedPlugin | null = null
  /** Whether it has begun to load, and so has its command types before those that have not. */
  #begun = false
  #changed = false
  /** Loading, changing and tearing down, one after the other. Never rejects. */
  #work: Promise<void>
  readonly #inFlight = new InFlight()

  constructor(name: string, settings: PluginSettings, options: RecordOptions) {
    this.name = name
    this.#options = options
    this.#wanted = settings
    this.#inForce = settings
    this.#state = isOn(settings) ? 'enabled' : 'disabled'
    this.#describe()
    this.#work = options.begin.then(() => this.#bringUp())
  }

  /** Settles when what was begun until now is done. Never rejects. */
  get settled(): Promise<void> {
    return this.#work
  }

  get enabled(): boolean {
    return this.#state === 'enabled'
  }

  /** Whether no other plugin may have this command type now. */
  holds(type: string): boolean {
    return this.enabled && this.#begun && this.brings(type)
  }

  status(): PluginStatus {
    const health = this.#state === 'enabled' ? (this.#hosted?.health?.() ?? null) : null
    const stands = { state: this.#state, problem: this.#problem, health }
    return statusOf(this.name, stands, { described: this.#described, wanted: this.#wanted, limits: this.#limitLayers })
  }

  /** What manifest and config allow each of its command types, whatever narrows it. */
  get ownLimits(): Readonly<Record<string, OperatorLimits>> {
    return ownLimitsByType(this.#described?.manifest, this.#inForce.limits)
  }

  /** Whether the plugin brings this command type, whatever its state. */
  brings(type: string): boolean {
    return this.#described !== null && Object.hasOwn(this.#described.manifest.commands, type)
  }

  /** Whether the config lets one expect this command type of it: most bring one of their own name, and others may have limits there. */
  isExpectedToBring(type: string): boolean {
    return type === this.name || (type !== '*' && Object.hasOwn(this.#wanted.limits ?? {}, type))
  }

  /** A command type that it {@link PluginRecord.brings}, or why it can't be used. */
  find(type: string): CommandType | { readonly failure: Failure } {
    const described = this.#described
    if (described === null || this.#state !== 'enabled') return { failure: this.#refusal(type) }
    let checkedBy: HostedPlugin | null = null
    return commandTypeOf(described.manifest, type, this.#limitLayers, {
      validate: async (input) => {
        const hosted = await this.#usable()
        checkedBy = hosted
        if (hosted === null) return { failure: this.#refusal(type) }
        // Counted in: what is replaced meanwhile is stopped only after it has answered
        return this.#inFlight.during(hosted, () => hosted.validate(type, input))
      },
      run: (execution) => this.#run(execution, checkedBy),
    })
  }

  async enable(): Promise<void> {
    return this.#state === 'enabled' ? this.#work : this.reconfigure({ ...this.#wanted, enabled: true })
  }

  async disable(): Promise<void> {
    this.#wanted = { ...this.#wanted, enabled: false }
    return this.#switchOff()
  }

  async #switchOff(): Promise<void> {
    if (this.#state !== 'disabled') this.#become('disabled')
    return this.#enqueue(() => this.#takeDown())
  }

  async reconfigure(settings: PluginSettings): Promise<void> {
    this.#wanted = settings
    this.#changed = true
    if (!isOn(settings)) return this.#switchOff()
    if (this.#state !== 'enabled') this.#become('enabled')
    return this.#enqueue(() => this.#bringUp())
  }

  /**
   * Takes the plugin's code from the disk anew, in a new process; commands that run keep the old one to their end. Where the new
   * code does not hold, the old one stays.
   *
   * @throws PluginError `PLUGIN_RELOAD_UNAVAILABLE` where its code is in the agent's own process.
   */
  async reload(): Promise<void> {
    if (this.#described?.shipped) throw notReloadable(this.name)
    if (this.#state === 'failed') return this.reconfigure(this.#wanted)
    return this.#enqueue(() => this.#replace())
  }

  async check(): Promise<readonly Check[]> {
    await this.#work
    if (this.#state === 'disabled') return []
    const own = (await this.#hosted?.check()) ?? []
    return this.#problem === null ? own : [{ name: 'load', ok: false, message: this.#problem.message }, ...own]
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task)
    return this.#work
  }

  #become(state: PluginStatus['state'], problem: Failure | null = null): void {
    this.#state = state
    this.#problem = problem
    this.#inFlight.wake()
  }

  /** For those who ask before it is loaded, and where it never is. */
  #describe(): void {
    try {
      this.#described = describePlugin(this.#candidate, this.#options)
    } catch {
      // What is wrong with it is said when it is loaded
    }
  }

  /** What narrows holds at once, whatever becomes of the new settings that came with it. */
  get #limitLayers(): LimitLayers {
    return { limits: this.#inForce.limits, narrowing: this.#wanted.narrowing, ruleOf: this.#wanted.ruleOf }
  }

  get #candidate() {
    return { name: this.name, settings: this.#wanted, given: this.#options.given, startNow: this.#changed }
  }

  /** From whatever is there to what the config wants. */
  async #bringUp(): Promise<void> {
    if (this.#state !== 'enabled') return
    this.#begun = true
    if (this.#hosted !== null && this.#wanted.use !== this.#inForce.use) await this.#unload()
    if (this.#hosted !== null) return this.#comeBack(this.#hosted)
    const settings = this.#wanted
    try {
      const onDescribed = (described: Described) => {
        this.#described = described
        this.#inForce = settings
      }
      this.#hosted = await loadPlugin(this.#candidate, { ...this.#options, onDescribed })
    } catch (error) {
      this.#fail(error)
    }
  }

  /** It is set up already; another plugin may have taken its types while it was switched off. */
  async #comeBack(hosted: HostedPlugin): Promise<void> {
    try {
      checkTypesFree(this.name, (this.#described as Described).manifest, this.#options.ownerOf)
    } catch (error) {
      this.#fail(error)
      return this.#unload()
    }
    await this.#change(hosted)
  }

  /** New settings for a plugin that is set up; where they do not hold, the old ones stay. */
  async #change(hosted: HostedPlugin): Promise<void> {
    const settings = this.#wanted
    const described = this.#described as Described
    const { configDir } = this.#options
    try {
      const setup = checkSettings(this.#candidate, described, configDir)
      if (described.folder !== null) await recheckIntegrity(this.name, described.folder, settings.integrity)
      if (needsSetup(this.#inForce, settings)) await hosted.setUp(setup)
      this.#inForce = settings
      this.#problem = null
    } catch (error) {
      const { code, message } = problemOf(error)
      // The settings before may pin nothing; what serves on is then not what the operator wants to trust
      if (code === 'PLUGIN_INTEGRITY_MISMATCH') {
        this.#fail(error)
        return this.#unload()
      }
      this.#problem = { code, message: `The new settings are not in force, the last good ones stay: ${message}` }
      this.#options.onProblem(this.#problem, error)
      if (code === 'PLUGIN_SETUP_FAILED') await this.#restore(hosted, described)
    }
  }

  async #replace(): Promise<void> {
    const before = this.#hosted
    if (this.#state !== 'enabled' || before === null) return this.#describe()
    const settings = this.#wanted
    let described = this.#described
    const onDescribed = (fresh: Described) => {
      described = fresh
    }
    try {
      this.#hosted = await loadPlugin({ ...this.#candidate, startNow: true }, { ...this.#options, onDescribed })
      this.#described = described
      this.#inForce = settings
      this.#problem = null
      void this.#retire(before)
    } catch (error) {
      const { code, message } = problemOf(error)
      this.#problem = { code, message: `The new code is not in force, the one before stays: ${message}` }
      this.#options.onProblem(this.#problem, error)
    }
  }

  /** A setup that failed half way may have left the plugin in any state. */
  async #restore(hosted: HostedPlugin, described: Described): Promise<void> {
    try {
      await hosted.setUp(
        checkSettings({ ...this.#candidate, settings: this.#inForce }, described, this.#options.configDir),
      )
    } catch (error) {
      this.#fail(error)
      await this.#unload()
    }
  }

  async #takeDown(): Promise<void> {
    const hosted = this.#hosted
    while (this.#state === 'disabled' && hosted !== null && this.#inFlight.of(hosted) > 0)
      await this.#inFlight.changed()
    // Enabled again while its last commands ran: it stays as it is
    if (this.#state === 'disabled') await this.#unload()
  }

  async #unload(): Promise<void> {
    const hosted = this.#hosted
    this.#hosted = null
    if (hosted !== null) await this.#retire(hosted)
  }

  async #retire(hosted: HostedPlugin): Promise<void> {
    await this.#inFlight.quiet(hosted)
    await hosted.stop()
  }

  #fail(error: unknown): void {
    if (this.#state !== 'enabled') return
    const problem = problemOf(error)
    this.#become('failed', problem)
    this.#options.onProblem(problem, error)
  }

  async #run(execution: Execution, checkedBy: HostedPlugin | null): Promise<RunResult> {
    const hosted = await this.#usable()
    if (hosted === null) return refusedResult(this.#refusal(execution.command.type))
    return this.#inFlight.during(hosted, async () => {
      // New code may have come since the input was checked
      const checked = hosted === checkedBy ? null : await hosted.validate(execution.command.type, execution.input)
      if (checked !== null && 'failure' in checked) return refusedResult(checked.failure)
      return withPlace(await hosted.run(execution), this.name, this.#wanted)
    })
  }

  /** The plugin once it is set up; null where it is not enabled, or failed on the way. */
  async #usable(): Promise<HostedPlugin | null> {
    while (this.#state === 'enabled' && this.#hosted === null) await this.#work
    return this.#state === 'enabled' ? this.#hosted : null
  }

  #refusal(type: string): Failure {
    return refusalOf(type, this.name, { state: this.#state, settings: this.#wanted, problem: this.#problem })
  }
}
