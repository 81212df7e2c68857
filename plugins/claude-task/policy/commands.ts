/** What ends one command in a line of Bash and begins the next. Quotes are not heeded: a part too many can only deny more. */
const BETWEEN_COMMANDS = /[;&|\n\r(){}`]|\$\(|<\(|>\(/

/** What makes more of a line than one command with its arguments. */
const SHELL_OPERATORS = ';&|<>()$`\\\\\\n\\r{}'

/**
 * Whether a rule's pattern fits a command line, for a rule that denies or asks: the whole of it, or any command within it.
 *
 * @param pattern `*` stands for any text.
 */
export function fitsAnyPart(pattern: string, command: string): boolean {
  const fits = wildcard(pattern, '[^]*')
  const parts = command.split(BETWEEN_COMMANDS).map(plain)
  return [plain(command), ...parts, ...parts.map(withoutPrefix)].some((part) => part !== '' && fits.test(part))
}

/** Whether a rule's pattern fits a command line as a whole, for a rule that allows: no shell operator where `*` stands. */
export function fitsWhole(pattern: string, command: string): boolean {
  return wildcard(pattern, `[^${SHELL_OPERATORS}]*`).test(command.trim())
}

function wildcard(pattern: string, anything: string): RegExp {
  const literals = pattern
    .trim()
    .split('*')
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return new RegExp(`^${literals.join(anything)}$`, 'u')
}

/** `FOO=1 "rm"  -rf /` as `FOO=1 rm -rf /`. */
function plain(part: string): string {
  return part.replace(/["']/g, '').replace(/\s+/g, ' ').trim()
}

/** Without what may stand before a command's name: assignments, and words that run the next one. */
function withoutPrefix(part: string): string {
  return part.replace(/^((\w+=\S*|sudo|env|exec|command|builtin|nohup|time|nice|then|do|else|if|while|until|!) )+/, '')
}
