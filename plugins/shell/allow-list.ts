import { CommandError } from '@gururmm/plugin-sdk'
import type { RE2JS } from 're2js'
import type { ShellConfig } from './config-schema.ts'

/** The key that holds the patterns. */
export const ALLOW_RULE = 'plugins.shell.config.allow'

/** Whether a text is let through. */
type AllowList = (text: string) => boolean

/** Compiled once for each config; the host hands out the same object until it changes. */
const compiled = new WeakMap<object, AllowList>()

/**
 * Refuses what the operator's patterns do not let through. A pattern has to match the whole text, and `.` matches no line end, so
 * nothing can be hidden in a second line.
 *
 * @throws CommandError `SHELL_NOT_ALLOWED`.
 */
export async function requireAllowed(config: ShellConfig, text: string): Promise<void> {
  const isAllowed = await allowListOf(config)
  if (isAllowed(text)) return
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
  const message = `This agent runs only what its operator allows, and ${shown} matches none of the patterns; send one that is allowed, or let the operator add a pattern.`
  throw new CommandError('SHELL_NOT_ALLOWED', message, { refused: true, rule: ALLOW_RULE })
}

/** The patterns that let the text through, as the operator wrote them; null: everything is allowed. */
export async function matchingPatterns({ allow }: ShellConfig, text: string): Promise<readonly string[] | null> {
  if (allow === null) return null
  const matches = await Promise.all(allow.map(async (pattern) => (await compile([pattern]))(text)))
  return allow.filter((_, at) => matches[at])
}

/**
 * @throws Error naming the pattern that is no regular expression.
 */
export async function allowListOf(config: ShellConfig): Promise<AllowList> {
  const known = compiled.get(config)
  if (known !== undefined) return known
  const list = config.allow === null ? () => true : await compile(config.allow)
  compiled.set(config, list)
  return list
}

/** RE2 takes linear time, whatever pattern and text; it is loaded only where there are patterns. */
async function compile(patterns: readonly string[]): Promise<AllowList> {
  const { RE2JS: engine } = await import('re2js')
  const expressions = patterns.map((pattern) => compileOne(engine, pattern))
  return (text) => expressions.some((expression) => expression.matches(text))
}

function compileOne(engine: typeof RE2JS, pattern: string): RE2JS {
  try {
    return engine.compile(pattern)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`\`plugins.shell.config.allow\`: ${JSON.stringify(pattern)} is no RE2 pattern (${reason})`, {
      cause: error,
    })
  }
}
