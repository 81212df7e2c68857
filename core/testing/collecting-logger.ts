import type { Logger } from '@gururmm/plugin-sdk'
import type { TestLogLine } from '@gururmm/plugin-sdk/testing'
import { cleanJson } from '../plugins/clean.ts'
import type { Redactor } from '../redaction/index.ts'

/** Puts what is logged of a plugin into `lines`, secrets masked; the rest is the agent's own. */
export function collectingLogger(lines: TestLogLine[], redactor: Redactor): Logger {
  const at = (level: TestLogLine['level']) => (fields: object, message?: string) => {
    if (!('plugin' in fields)) return
    const clean = cleanJson(plain(fields), redactor) as object
    lines.push({ level, fields: clean, ...(message === undefined ? {} : { message: redactor.redact(message) }) })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Errors have no fields of their own that JSON would show. */
function plain(fields: object): object {
  const errors = Object.entries(fields).filter(([, value]) => value instanceof Error)
  const shown = errors.map(([key, error]) => [key, { message: error.message, code: error.code, stack: error.stack }])
  return { ...fields, ...Object.fromEntries(shown) }
}
