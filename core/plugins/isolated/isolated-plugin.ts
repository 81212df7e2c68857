import type { Check, CommandError } from '@gururmm/plugin-sdk'
import type { Execution, Failure, RunResult } from '../../dispatch/contract.ts'
import type { HostedPlugin, PluginHealth, PluginSetup } from '../hosted-plugin.ts'
import { problemOf } from '../problems.ts'
import { runCommand } from '../run-command.ts'
import { askChecks, askValidate, stopProcess } from './asking.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { bridgeCommand, grantsOf } from './command-bridge.ts'
import { type HandlerReturn, readHandlerAnswer } from './handler-end.ts'
import { type OpenProcess, openProcess } from './open-process.ts'
import { DEFAULT_TIMES, type IsolatedParts } from './options.ts'
import { processSettings } from './process-settings.ts'
import { requireIsolation } from './requirements.ts'
import { crashed, healthOf, tooLarge, unavailable } from './trouble.ts'

/** A process and who uses it. */
interface Held {
  readonly opened: OpenProcess
  users: number
  /** Commands that did not end when they were stopped; nobody waits for them any more. */
  abandoned: number
  /** Whether its end is the host's own doing. */
  expected: boolean
}

/** A plugin in a process of its own: started when a command needs it, stopped when none came for a while, started again after a crash. */
export class IsolatedPlugin implements HostedPlugin {
  readonly declared
  readonly #parts: IsolatedParts
  readonly #breaker: Breaker
  #setup: PluginSetup | null = null
  #current: Held | null = null
  #starting: Promise<Held> | null = null
  /** All that have not ended. */
  readonly #held = new Set<Held>()
  #problem: Failure | null = null
  #probing = false
  #idle: NodeJS.Timeout | undefined
  #stopped = false

  constructor(parts: IsolatedParts) {
    this.#parts = parts
    this.declared = parts.manifest
    this.#breaker = createBreaker(parts.isolation.breaker)
  }

  /** The first time it only looks whether the plugin can be isolated, unless it is to start at once. Later a process with the new setup takes the old one's place. */
  async setUp(setup: PluginSetup): Promise<void> {
    requireIsolation(this.#parts, setup)
    if (this.#setup === null && !setup.startNow) {
      this.#setup = setup
      return
    }
    if (setup.settings === this.#setup?.settings) return
    const fresh = this.#hold(await openProcess(this.#parts, setup))
    this.#setup = setup
    this.#replace(fresh)
    this.#worked()
    this.#rest()
  }

  async validate(type: string, input: unknown) {
    try {
      const { validate } = { ...DEFAULT_TIMES, ...this.#parts.isolation.times }
      const ask = ({ process }: OpenProcess) => askValidate(process, this.#parts, type, input, validate)
      return await this.#use(`checked the input of \`${type}\``, ask)
    } catch (error) {
      const { code, message, retryAfterSeconds } = error as CommandError
      return { failure: { code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) } }
    }
  }

  async run(execution: Execution): Promise<RunResult> {
    const { type } = execution.command
    const setup = this.#setup as PluginSetup
    let held: Held | null = null
    let end: HandlerReturn | undefined
    const handler = async (_: never, context: Parameters<typeof bridgeCommand>[0]) => {
      const probe = this.#beginProbe(type)
      try {
        const answer = await this.#use(`ran \`${type}\``, (opened, by) => {
          held = by
          const { command, input, timeoutSeconds, explain, signal } = execution
          return opened.run(
            { command, input, timeoutSeconds, explain },
            bridgeCommand(context, grantsOf(opened.setup, this.#parts)),
            signal,
          )
        })
        this.#worked()
        const { thrown, ...read } = readHandlerAnswer(answer)
        end = read
        if (thrown !== undefined) throw thrown
        return read.returned as never
      } catch (error) {
        throw (error as { code?: unknown }).code === 'MESSAGE_TOO_LARGE' ? tooLarge(this.#parts.plugin, type) : error
      } finally {
        held = null
        if (probe) this.#probing = false
      }
    }
    const checkData = (value: unknown) => (end?.dataProblem === undefined ? { value } : { problem: end.dataProblem })
    const result = await runCommand(handler, execution, setup, this.#parts, checkData)
    if (held !== null) this.#abandon(held, type)
    return result
  }

  async check(): Promise<readonly Check[]> {
    try {
      return await this.#use('checked itself', (opened) => askChecks(opened, this.#parts))
    } catch (error) {
      return [{ name: 'check', ok: false, message: (error as Error).message }]
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#idle)
    await this.#starting?.catch(() => {})
    await Promise.all([...this.#held].map((held) => this.#end(held)))
  }

  health(): PluginHealth | null {
    return this.#problem === null ? null : healthOf(this.#problem, this.#breaker)
  }

  /** Has a task done by the plugin's process; a crash meanwhile is what the task ends with. */
  async #use<T>(doing: string, task: (opened: OpenProcess, held: Held) => Promise<T>): Promise<T> {
    const held = await this.#acquire()
    held.users++
    clearTimeout(this.#idle)
    try {
      return await task(held.opened, held)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'PEER_GONE') throw error
      throw crashed(this.#parts, doing, await held.opened.process.ended)
    } finally {
      held.users--
      this.#rest()
    }
  }

  async #acquire(): Promise<Held> {
    if (this.#current !== null) return this.#current
    if (this.#starting === null) {
      this.#requireMayStart()
      this.#starting = this.#start().finally(() => {
        this.#starting = null
      })
    }
    return this.#starting
  }

  async #start(): Promise<Held> {
    const setup = this.#setup as PluginSetup
    const opened = await openProcess(this.#parts, setup).catch((error: unknown) => {
      this.#failed(problemOf(error), error)
      throw this.#unavailable()
    })
    const held = this.#hold(opened)
    if (this.#stopped) {
      void this.#end(held)
      throw this.#unavailable()
    }
    // New settings came while it started, and have a process already
    if (setup !== this.#setup && this.#current !== null) void this.#end(held)
    else this.#current = held
    return this.#current as Held
  }

  #requireMayStart(): void {
    if (this.#stopped || this.#breaker.waitMs() > 0) throw this.#unavailable()
  }

  #hold(opened: OpenProcess): Held {
    const held: Held = { opened, users: 0, abandoned: 0, expected: false }
    this.#held.add(held)
    void opened.process.ended.then((cause) => {
      this.#held.delete(held)
      if (this.#current === held) this.#current = null
      if (held.expected) return
      const message = `The process of the plugin ${this.#parts.plugin} was lost: ${this.#parts.redactor.redact(cause)}.`
      this.#failed({ code: 'PLUGIN_CRASHED', message })
    })
    return held
  }

  #replace(fresh: Held): void {
    const before = this.#current
    this.#current = fresh
    if (before !== null && before.users <= before.abandoned) void this.#end(before)
  }

  /** Ends what nobody uses: those that were replaced at once, the current one after a while. */
  #rest(): void {
    for (const held of this.#held) {
      if (held !== this.#current && held.users <= held.abandoned && held.opened !== undefined) void this.#end(held)
    }
    const held = this.#current
    if (held === null || held.users > 0 || this.#stopped) return
    clearTimeout(this.#idle)
    const { idleStopSeconds } = processSettings((this.#setup as PluginSetup).settings)
    this.#idle = setTimeout(() => {
      if (held.users > 0 || this.#current !== held) return
      this.#current = null
      void this.#end(held)
    }, idleStopSeconds * 1000)
    this.#idle.unref()
  }

  async #end(held: Held): Promise<void> {
    if (held.expected) return void (await held.opened.process.ended)
    held.expected = true
    await stopProcess(held.opened, this.#parts)
  }

  /** A handler that goes on after its command was stopped costs the process, once the others there have ended. */
  #abandon(held: Held, type: string): void {
    held.abandoned++
    if (this.#current === held) this.#current = null
    if (held.users <= held.abandoned) held.opened.process.kill(`\`${type}\` did not end when it was stopped`)
  }

  /** In quarantine commands go through one at a time, each a trial. */
  #beginProbe(type: string): boolean {
    if (!this.#breaker.quarantined) return false
    if (this.#probing) throw this.#unavailable()
    this.#probing = true
    this.#parts.logger.info({ type }, 'a plugin in quarantine is tried again')
    return true
  }

  #worked(): void {
    this.#breaker.worked()
    this.#problem = null
  }

  #failed(problem: Failure, error?: unknown): void {
    this.#breaker.failed()
    this.#problem = problem
    const { code, message } = problem
    this.#parts.logger.error({ code, err: error, quarantined: this.#breaker.quarantined }, message)
  }

  #unavailable(): CommandError {
    return unavailable(this.#parts.plugin, this.#problem, this.#breaker)
  }
}
