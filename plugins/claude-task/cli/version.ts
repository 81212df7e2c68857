/** The oldest CLI that tasks were tried with: it has every flag, asks before each use of a tool, and tells what a task costs. */
export const OLDEST_VERSION = '2.1.259'

/** The version within `claude --version`, e.g. `2.1.330 (Claude Code)`; undefined where it is none of the CLI's answers. */
export function parseVersion(text: string): string | undefined {
  return /^\s*(\d{1,6}\.\d{1,6}\.\d{1,6})\S* \(Claude Code\)/.exec(text)?.[1]
}

/** Whether `version` is `oldest` or newer; both have three numbers. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [mine, least] = [version, oldest].map((text) => text.split('.').map(Number))
  for (const [at, number] of (least ?? []).entries()) {
    const difference = (mine?.[at] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Those of `required` that `claude --help` does not know. */
export function missingFlags(help: string, required: readonly string[]): readonly string[] {
  const known = new Set(help.match(/--[a-z][a-z-]*/g) ?? [])
  return required.filter((flag) => !known.has(flag))
}
