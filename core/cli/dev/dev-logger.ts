import type { Logger } from '@gururmm/plugin-sdk'
import type { Redactor } from '../../redaction/index.ts'
import { note, safe, styleError } from '../output.ts'

/** What authors want to see: what their plugin logs and what the agent has against it; paths of their own files. */
export function createDevLogger(redactor: Redactor, own: (text: string) => string): Logger {
  const at = (level: keyof Logger) => (fields: object, message?: string) => {
    if (!('plugin' in fields)) return
    const { plugin: _, err, ...others } = fields as { plugin: unknown; err?: unknown } & Record<string, unknown>
    const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'gray'
    const shown = Object.keys(others).length === 0 ? '' : ` ${JSON.stringify(others)}`
    note(`${styleError(colour, level.padEnd(5))} ${safe(redactor.redact(own(`${message ?? ''}${shown}`)))}`)
    for (const line of stackOf(err)) note(`      ${safe(redactor.redact(own(line)))}`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Of Node.js and the agent itself nothing. */
function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const lines = (error.stack ?? error.message).split('\n')
  return lines.filter((line) => !/^\s+at /.test(line) || /gururmm-dev-/.test(line))
}
