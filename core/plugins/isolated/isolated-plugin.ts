import { type Check, CommandError } from '@gururmm/plugin-sdk'
import type { Execution, Failure, RunResult } from '../../dispatch/contract.ts'
import type { HostedPlugin, PluginHealth, PluginSetup } from '../hosted-plugin.ts'
import { problemOf } from '../problems.ts'
import { runCommand } from '../run-command.ts'
import { askChecks, askValidate, stopProcess } from './asking.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { bridgeCommand } from './command-bridge.ts'
import { type HandlerReturn, readHandlerAnswer } from './handler-end.ts'
import { type OpenProcess, openProcess } from './open-process.ts'
import { DEFAULT_TIMES, type IsolatedParts } from './options.ts'
import { MAX_MESSAGE_BYTES } from './peer.ts'
import { processSettings } from './process-settings.ts'
import { requireIsolation } from './requirements.ts'

/** A process and who uses it. */
interface Held {
  readonly opened: OpenProcess
  users: number
  /** Commands that did not end when they were stopped; nobody waits for them any more. */
  abandoned: number
  /** Whether its end is the host's own doing. */
  expected: boolean
}

/**
 * Hosts a plugin in a process of its own. The process is started when the first command needs it and stopped when none came for a while;
 * one that crashes is started again, later each time.
 */
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
          const { command, input, timeoutSeconds, signal } = execution
          return opened.run(
            { command, input, timeoutSeconds },
            bridgeCommand(context, grantsOf(opened, this.#parts)),
            signal,
          )
        })
        this.#worked()
        const { thrown, ...read } = readHandlerAnswer(answer)
        end = read
        if (thrown !== undefined) throw thrown
        return read.returned as never
      } catch (error) {
        throw (error as { code?: unknown }).code === 'MESSAGE_TOO_LARGE' ? tooLargeResult(type, this.#parts) : error
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
    if (this.#problem === null) return null
    const { quarantined } = this.#breaker
    const wait = Math.ceil(this.#breaker.waitMs() / 1000)
    const when =
      wait === 0 ? 'The next command starts it again.' : `It is started again in ${wait} seconds at the earliest.`
    const crashed = this.#problem.code === 'PLUGIN_CRASHED'
    return {
      state: quarantined || !crashed ? 'failed' : 'enabled',
      code: quarantined && crashed ? 'PLUGIN_QUARANTINED' : this.#problem.code,
      message: `${this.#problem.message} ${when}`,
    }
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
      throw this.#crashed(doing, await held.opened.process.ended)
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

  #crashed(doing: string, cause: string): CommandError {
    const message = `The process of the plugin ${this.#parts.plugin} ended while it ${doing}: ${this.#parts.redactor.redact(cause)}.`
    return new CommandError('PLUGIN_CRASHED', message, { refused: true })
  }

  #unavailable(): CommandError {
    const { plugin } = this.#parts
    const why = this.#problem?.message ?? 'It is being stopped.'
    const wait = Math.ceil(this.#breaker.waitMs() / 1000)
    return new CommandError('PLUGIN_UNAVAILABLE', `The plugin ${plugin} is not working: ${why}`, {
      refused: true,
      ...(wait > 0 ? { retryAfterSeconds: wait } : {}),
    })
  }
}

/** What the host has to look after by itself, of what the plugin was granted. */
function grantsOf({ setup }: OpenProcess, { folder, dataDir }: IsolatedParts) {
  const { permissions, settings } = setup
  const list = (paths: readonly string[] | 'all') => (paths === 'all' ? [] : paths)
  return {
    folders: [folder, dataDir, ...list(permissions.read), ...list(permissions.write)],
    environment: settings.permissions?.environment ?? [],
  }
}

function tooLargeResult(type: string, { plugin }: IsolatedParts): CommandError {
  const message = `The plugin ${plugin} returned more than ${MAX_MESSAGE_BYTES} bytes (\`${type}\`); it must return less, or let a program write it.`
  return new CommandError('RESULT_INVALID', message)
}
