import { styleText } from 'node:util'

/** Who says a line; picks its colour. */
export type Speaker = 'demo' | 'server' | 'agent' | 'claude'

const COLOURS = { demo: 'bold', server: 'cyan', agent: 'green', claude: 'magenta' } as const

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
    for (const line of text.trimEnd().split('\n'))
      console.log(`${styleText('dim', time(), { stream })}  ${label} ${line}`)
  }
  return {
    say: (speaker, text) => print(styleText(COLOURS[speaker], speaker.padEnd(7), { stream }), text),
    complain: (text) => print(styleText('red', 'problem', { stream }), text),
    show: (lines) => console.log(['', ...lines, ''].join('\n')),
  }
}
