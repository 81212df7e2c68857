import type { ErrorCode } from '@gururmm/plugin-sdk'

/** One thing that is wrong with the config. */
export interface ConfigProblem {
  /** Whose value it is: the config file, `environment variable GURURMM_…` or `flag --set …`. */
  readonly source: string
  /** Where in the file, from 1. */
  readonly line?: number
  readonly column?: number
  /** The key, e.g. `limits.maxOutputBytes`; empty for the file as a whole. */
  readonly path: string
  readonly expected: string
  readonly found: string
  /** The whole sentence, without source and full stop. */
  readonly message: string
}

/** Thrown for a config that cannot be used. Recognise it by `code`. */
export interface ConfigError extends Error {
  readonly code: Extract<ErrorCode, 'CONFIG_UNREADABLE' | 'CONFIG_INVALID' | 'CONFIG_UNPROTECTED'>
  readonly problems: readonly ConfigProblem[]
}

/** Makes a {@link ConfigError}; its message has one line for each problem. */
export function configError(
  code: ConfigError['code'],
  problems: readonly ConfigProblem[],
  cause?: unknown,
): ConfigError {
  const message = problems.map(describeProblem).join('\n')
  const error = new Error(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { code, problems })
}

/** Whether `error` is a {@link ConfigError}. */
export function isConfigError(error: unknown): error is ConfigError {
  const code = (error as { code?: unknown } | null)?.code
  return error instanceof Error && ['CONFIG_UNREADABLE', 'CONFIG_INVALID', 'CONFIG_UNPROTECTED'].includes(String(code))
}

/** `FILE:LINE:COLUMN: KEY must be …, not ….` */
export function describeProblem({ source, line, column, message }: ConfigProblem): string {
  const place = line === undefined ? source : `${source}:${line}:${column}`
  return `${place}: ${message}${/[.?]$/.test(message) ? '' : '.'}`
}
