import { styleText } from 'node:util'
import { fold } from './fold.ts'

/** Who says a line; picks its colour. */
export type Speaker = 'demo' | 'server' | 'agent' | 'claude'

const COLOURS = { demo: 'bold', server: 'cyan', agent: 'green', claude: 'magenta' } as const

/** What stands before a line's text: the time and who speaks. In characters. */
const INDENT = 18

/** Prints what happens, each line with the seconds since the demo began. */
export interface Narrator {
  say(speaker: Speaker, text: string): void
  /** Something went wrong. */
  complain(text: string): void
  /** What the reader may copy, without a time. */
  show(lines: readonly string[]): void
}

export function createNarrator(): Narrator {
  const began = performance.now()
  // styleText leaves the colours out where the stream is no terminal or NO_COLOR is set
  const stream = process.stdout
  const time = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
  const print = (label: string, text: string) => {
    const width = stream.isTTY ? stream.columns - INDENT : Number.POSITIVE_INFINITY
    for (const line of text.trimEnd().split('\n')) {
      const [first, ...more] = fold(line, width)
      console.log(`${styleText('dim', time(), { stream })}  ${label} ${first}`)
      for (const piece of more) console.log(' '.repeat(INDENT) + (line.startsWith('│') ? `│ ${piece}` : piece))
    }
  }
  return {
    say: (speaker, text) => print(styleText(COLOURS[speaker], speaker.padEnd(7), { stream }), text),
    complain: (text) => print(styleText('red', 'problem', { stream }), text),
    show: (lines) => console.log(['', ...lines, ''].join('\n')),
  }
}
