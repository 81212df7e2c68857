import { formsOf } from './forms.ts'

/** What stands in the place of a secret. */
export const MASK = '***'

/** A shorter secret would mask ordinary words. */
const MIN_LENGTH = 6

/** Masks secrets in text that arrives in pieces. */
export interface RedactionStream {
  /** Returns what is safe to pass on; the end of `text` is held back while it may be the beginning of a secret. */
  push(text: string): string
  /** The rest, once no more comes. */
  flush(): string
}

/** Everything known of the secrets, rebuilt when one is added. */
interface Matcher {
  /** Finds at each place the longest form that begins there. */
  readonly pattern: RegExp
  readonly byFirstUnit: ReadonlyMap<number, readonly string[]>
  readonly longest: number
}

/**
 * Knows the secrets of this agent and masks them wherever text leaves it: results, progress, logs, the journal.
 *
 * A secret is masked as it is, in base64 (alone or amid other text), URL-encoded and as it stands in a JSON string. Where forms
 * overlap, all they cover is masked.
 */
export class Redactor {
  readonly #forms = new Set<string>()
  #matcher: Matcher | null | undefined = null

  /**
   * Masks `secret` from now on.
   *
   * @returns false where it is shorter than 6 characters, and is therefore not masked: ordinary words would be hit.
   */
  add(secret: string): boolean {
    if (secret.length < MIN_LENGTH) return false
    for (const form of formsOf(secret)) if (form.length >= MIN_LENGTH) this.#forms.add(form)
    this.#matcher = undefined
    return true
  }

  /** `text` with every secret masked. */
  redact(text: string): string {
    const matcher = this.#current()
    if (matcher === null) return text
    matcher.pattern.lastIndex = 0
    if (!matcher.pattern.test(text)) return text
    return mask(text, text.length, 0, matcher).output
  }

  /** Masks text that comes in pieces, also a secret that is split over several of them. */
  stream(): RedactionStream {
    let held = ''
    // How much of `held` lies under a mask that was already passed on.
    let covered = 0
    const advance = (text: string, matcher: Matcher, end: number): string => {
      const masked = mask(text, end, covered, matcher)
      held = text.slice(end)
      covered = masked.reach - end
      return masked.output
    }
    return {
      push: (piece) => {
        const matcher = this.#current()
        if (matcher === null) return piece
        const text = held + piece
        return advance(text, matcher, openEnd(text, matcher))
      },
      flush: () => {
        const matcher = this.#current()
        return matcher === null ? '' : advance(held, matcher, held.length)
      },
    }
  }

  #current(): Matcher | null {
    if (this.#matcher === undefined) this.#matcher = buildMatcher([...this.#forms])
    return this.#matcher
  }
}

function buildMatcher(forms: readonly string[]): Matcher {
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  const escaped = longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return {
    pattern: new RegExp(escaped.join('|'), 'g'),
    byFirstUnit: Map.groupBy(longestFirst, (form) => form.charCodeAt(0)),
    longest: longestFirst[0]?.length ?? 0,
  }
}

/**
 * Masks `text` up to `end`. Every match that begins before `end` is final, for a longer one would have kept `end` from passing
 * its beginning; it may reach beyond `end`, and `reach` says how far.
 */
function mask(text: string, end: number, covered: number, matcher: Matcher): { output: string; reach: number } {
  const { pattern } = matcher
  let output = ''
  let reach = covered
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null && match.index < end; match = pattern.exec(text)) {
    if (match.index >= reach) output += text.slice(reach, match.index) + MASK
    reach = Math.max(reach, match.index + match[0].length)
    pattern.lastIndex = match.index + 1
  }
  return { output: output + text.slice(reach, Math.max(reach, end)), reach: Math.max(reach, end) }
}

/** Where the longest end of `text` begins that may turn into a secret with what comes next; its length where there is none. */
function openEnd(text: string, matcher: Matcher): number {
  for (let start = Math.max(0, text.length - matcher.longest + 1); start < text.length; start++) {
    const forms = matcher.byFirstUnit.get(text.charCodeAt(start))
    if (forms === undefined) continue
    const rest = text.slice(start)
    if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) return start
  }
  return text.length
}
