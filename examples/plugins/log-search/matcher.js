import { CommandError } from '@gururmm/plugin-sdk'
import { RE2JS } from 're2js'

/**
 * Tells whether a line has what is looked for. RE2 takes time in proportion to the text, whatever the pattern: a stranger's pattern
 * can't keep the processor busy.
 *
 * @throws CommandError `LOG_SEARCH_PATTERN_INVALID`, refused.
 */
export function lineMatcher({ pattern, mode, case_sensitive }) {
  if (mode === 'text' && case_sensitive) return (line) => line.includes(pattern)
  try {
    const source = mode === 'text' ? RE2JS.quote(pattern) : pattern
    const expression = RE2JS.compile(source, case_sensitive ? 0 : RE2JS.CASE_INSENSITIVE)
    return (line) => expression.test(line)
  } catch (error) {
    const message = `${JSON.stringify(pattern)} is no RE2 expression (${error.message}); mend it, or set \`mode\` to "text".`
    throw new CommandError('LOG_SEARCH_PATTERN_INVALID', message, { refused: true })
  }
}

/** Tells whether a file's name fits `*` and `?`; by RE2 too, where glob libraries make expressions that can run for ever. */
export function nameMatcher(glob) {
  const source = glob.replace(/[*?]|[^*?]+/g, (part) => (part === '*' ? '.*' : part === '?' ? '.' : RE2JS.quote(part)))
  const flags = RE2JS.DOTALL | (process.platform === 'win32' ? RE2JS.CASE_INSENSITIVE : 0)
  const expression = RE2JS.compile(source, flags)
  return (name) => expression.matches(name)
}
