import {
  type Approval,
  type ApprovalRequest,
  type CommandContext,
  CommandError,
  type Logger,
  type PluginContext,
} from '@gururmm/plugin-sdk'
import { type Approvals, nobody } from '../approvals/index.ts'
import type { Execution } from '../dispatch/contract.ts'
import type { Redactor } from '../redaction/index.ts'
import type { CommandRunner } from '../runner/contract.ts'
import { refusedRun } from '../runner/refused-run.ts'
import { cleanJson } from './clean.ts'
import { onlyExplained } from './explaining.ts'
import { readSecret } from './secrets.ts'
import type { CheckedConfig } from './settings.ts'

/** A larger event is dropped: progress is news, not a way to move data. In UTF-16 units of its JSON. */
const MAX_EVENT_LENGTH = 65_536

type Values = never

/** Longer texts of a question are cut: a person is to read them. In UTF-16 units. */
const MAX_QUESTION_TEXT = 1024

/** What every context of a plugin is made from. */
export interface ContextParts {
  readonly plugin: string
  readonly site: string
  readonly dataDir: string
  readonly logger: Logger
  readonly redactor: Redactor
  /** Whom commands may ask. Default: nobody. */
  readonly approvals?: Pick<Approvals, 'ask'>
  /** Where secrets come from. Default: the files that the config names. */
  readonly readSecret?: (key: string) => Promise<string>
}

/** The context of setup and check. */
export function pluginContext(parts: ContextParts, config: CheckedConfig, signal: AbortSignal): PluginContext<Values> {
  const { plugin, site, dataDir, logger, redactor } = parts
  return {
    config: config.values as Values,
    site,
    dataDir,
    logger,
    signal,
    secret: (key) =>
      parts.readSecret?.(key) ?? readSecret(config.secretFiles.get(key), `plugins.${plugin}.config.${key}`, redactor),
  }
}

/** The context of one command. What it offers does nothing once the command has ended. */
export function commandContext(
  parts: ContextParts,
  config: CheckedConfig,
  execution: Execution,
  runner: CommandRunner,
  hasEnded: () => boolean,
): CommandContext<Values> {
  const { command, timeoutSeconds, signal } = execution
  const { id, type, elevated, origin, requester } = command
  return {
    ...pluginContext(parts, config, signal),
    command: { id, type, timeoutSeconds, elevated, origin },
    requester: { user: requester.user, role: requester.role },
    progress: (event) => {
      if (!hasEnded()) sendEvent(event, parts, execution)
    },
    approve: (request) => (hasEnded() ? Promise.resolve(nobody('The command ended.')) : ask(request, parts, execution)),
    openDirectory: (path, within) => runner.openDirectory(path, within),
    run: (program, args, options) => {
      const refusal = execution.explain
        ? onlyExplained()
        : options?.elevated === true && !elevated
          ? notElevated(type)
          : undefined
      const run = refusal === undefined ? runner.run(program, args, options) : refusedRun(refusal)
      // A handler may not wait for what it started; that must not become an unhandled rejection
      run.ended.catch(() => {})
      return run
    },
  }
}

/** Secrets do not leave by a question, and its shape is the plugin's word. */
async function ask(
  { tool, target, rule, seconds, signal }: ApprovalRequest,
  { approvals, redactor }: ContextParts,
  execution: Execution,
): Promise<Approval> {
  if (approvals === undefined) return nobody('There is nobody to ask.')
  const text = (value: unknown) => redactor.redact(String(value).toWellFormed()).slice(0, MAX_QUESTION_TEXT)
  const question = { tool: text(tool), target: target === null ? null : text(target), rule: text(rule), seconds }
  const ends = signal === undefined ? execution.signal : AbortSignal.any([execution.signal, signal])
  return approvals.ask(execution.command, question, ends)
}

/** Elevation was granted to the command, or not at all. */
function notElevated(type: string): CommandError {
  const message = `The plugin asked for the agent's own rights while it ran \`${type}\`, which was not sent as elevated.`
  return new CommandError('ELEVATION_UNAVAILABLE', message, { refused: true })
}

function sendEvent(event: unknown, { logger, redactor }: ContextParts, { command, progress }: Execution): void {
  try {
    const data = cleanJson(event, redactor)
    const fits = typeof data === 'object' && data !== null && JSON.stringify(data).length <= MAX_EVENT_LENGTH
    if (fits) void progress({ stream: 'event', data })
    else logger.debug({ command: command.id }, 'a progress event was dropped: it is too large or no object')
  } catch (error) {
    logger.debug({ command: command.id, err: error }, 'a progress event was dropped: it is no JSON')
  }
}
