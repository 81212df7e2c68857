import { safe, styleError } from './output.ts'

/** Shows on a terminal what a running command tells of itself. */
export interface ProgressPrinter {
  event(data: object): void
  /** Ends the line that text left open. */
  finish(): void
  /** The last text that was told in one go, as it came. */
  readonly answer: string
}

type Fields = Readonly<Record<string, unknown>>

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** Fields that are told by the form of a line. */
const SHOWN_BY_FORM = new Set(['event', 'text', 'tool', 'target', 'decision', 'rule', 'by', 'reason'])

/**
 * Prints events by what they hold, whichever plugin they are of: `text` flows as it comes; what has a `tool` gets a line that says what was
 * used on what, and by a `decision` whether it was allowed; of the rest the name, the plain values, and the counts in its `usage`.
 *
 * @param columns of the terminal; longer lines are cut, text is wrapped by the terminal itself.
 */
export function createProgressPrinter(write: (text: string) => void, columns: () => number): ProgressPrinter {
  let answer = ''
  let isContinued = false
  let isLineOpen = false

  function endLine(): void {
    if (isLineOpen) write('\n')
    isLineOpen = false
  }

  function line(colour: Parameters<typeof styleError>[0], words: string): void {
    endLine()
    const width = Math.max(20, columns() - 1)
    const cut = [...words].length <= width ? words : `${[...words].slice(0, width - 1).join('')}…`
    write(`${styleError(colour, cut)}\n`)
  }

  return {
    event(data) {
      const fields = data as Fields
      if (fields.event === 'text' && typeof fields.text === 'string') {
        answer = isContinued ? answer + fields.text : fields.text
        isContinued = true
        const shown = fields.text.split('\n').map(safe).join('\n')
        write(styleError('dim', shown))
        if (shown !== '') isLineOpen = !shown.endsWith('\n')
        return
      }
      isContinued = false
      if (typeof fields.tool === 'string') line(...toolLine(fields))
      else line('gray', plainLine(fields))
    },
    finish: endLine,
    get answer() {
      return answer
    },
  }
}

function toolLine(fields: Fields): [colour: 'green' | 'red' | 'yellow', words: string] {
  const what = [word(fields.tool), word(fields.target)].filter(Boolean).join(' ')
  const rule = fields.rule === undefined ? '' : ` (${word(fields.rule)})`
  if (fields.decision === 'allow') return ['green', `✓ ${what}${byPerson(fields)}`]
  if (fields.decision === 'deny') return ['red', `✗ ${what}${rule}: ${word(fields.reason) || 'denied'}`]
  return ['yellow', `? ${what}${rule}${valuesOf(fields)}`]
}

/** The policy decides most; a person's word is worth a mention. */
function byPerson({ by }: Fields): string {
  return typeof by === 'string' && by !== 'policy' ? `, by ${safe(by)}` : ''
}

function plainLine(fields: Fields): string {
  const { event } = fields
  return `· ${typeof event === 'string' ? safe(event) : ''}${valuesOf(fields)}`
}

function valuesOf(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => {
      if (key === 'usage') return usageText(value)
      if (SHOWN_BY_FORM.has(key) || value === null || typeof value === 'object') return ''
      if (key === fields.event) return ` ${word(value)}`
      if (key.endsWith('_usd')) return `  ${spaced(key.slice(0, -'_usd'.length))} ${money(value)}`
      return `  ${spaced(key)} ${word(value)}`
    })
    .join('')
}

/** Parts of a cent count as long as there is little else. */
function money(dollars: unknown): string {
  if (typeof dollars !== 'number') return word(dollars)
  return `$${dollars < 1 ? Number(dollars.toPrecision(3)) : dollars.toFixed(2)}`
}

/** What is 0 says nothing, and a line has room for few digits. */
function usageText(usage: unknown): string {
  const counts = Object.entries(usage ?? {}).filter(([, count]) => typeof count === 'number' && count > 0)
  if (counts.length === 0) return ''
  // Said once where each name ends with it.
  const isTokens = counts.every(([name]) => name.endsWith('_tokens'))
  const texts = counts.map(([name, count]) => `${COMPACT.format(count)} ${spaced(isTokens ? name.slice(0, -7) : name)}`)
  return `  ${isTokens ? 'tokens: ' : ''}${texts.join(', ')}`
}

function spaced(name: string): string {
  return safe(name.replaceAll('_', ' '))
}

function word(value: unknown): string {
  if (value === null || value === undefined) return ''
  // Sums of money have a tail of digits that says nothing
  return safe(String(typeof value === 'number' ? Number(value.toPrecision(6)) : value))
}
