import type { Logger } from '@gururmm/plugin-sdk'
import { pino } from 'pino'
import type { AgentConfig } from '../config/index.ts'
import type { Redactor } from '../redaction/index.ts'
import { type LogDestination, writeInBackground } from './destination.ts'
import { cutFields, cutText, escapeOddCharacters } from './foreign-text.ts'
import { prettyStream } from './pretty.ts'
import { openLogFile } from './rotating-file.ts'

export type LogLevel = AgentConfig['log']['level']

export interface LogOptions extends Readonly<AgentConfig['log']> {
  /** Masks its secrets in every line, also those it learns later. */
  readonly redactor: Pick<Redactor, 'redact'>
  /**
   * For the person who called one command: standard error gets the readable form without stacks, also where it is no terminal.
   * Default: false. A `file` has JSON lines all the same.
   */
  readonly brief?: boolean
}

/** The agent's log. */
export interface AgentLog {
  readonly logger: Logger
  setLevel(level: LogLevel): void
  /** Writes what is still held, if it can without waiting; for a process that dies. */
  flush(): void
  /** Resolves when every line is written; nothing may be logged afterwards. */
  close(): Promise<void>
}

/**
 * Opens the log: JSON lines in `file`, or on standard error, where a person at a terminal gets a readable form instead.
 *
 * @throws LocalError `LOG_UNWRITABLE` where the file cannot be opened.
 */
export function createLog(options: LogOptions): AgentLog {
  const { redactor, level } = options
  const destination = openDestination(options)
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: cutFields },
      serializers: { err: (error: Error) => cutFields(pino.stdSerializers.err(error)) },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg) => (typeof arg === 'string' ? cutText(arg) : arg)) as typeof args)
        },
        // On the finished line, so that nothing gets past it: fields, messages, stacks, keys
        streamWrite: (line) => redactor.redact(escapeOddCharacters(line)),
      },
    },
    destination,
  )
  return {
    logger,
    setLevel(next) {
      logger.level = next
    },
    flush: destination.flush,
    close: destination.close,
  }
}

function openDestination({ file, maxBytes, files, brief = false }: LogOptions): LogDestination {
  if (file !== null) return openLogFile({ file, maxBytes, files })
  if (process.stderr.isTTY || brief) return prettyStream(process.stderr, !brief)
  return writeInBackground(2)
}
