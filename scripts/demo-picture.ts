/**
 * `npm run demo:picture`: plays the demo and writes what it printed to docs/demo.svg, each line appearing when it did.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const COLUMNS = 118
const LINE = 19
const COLOURS: Readonly<Record<string, string>> = {
  demo: '#e6edf3',
  server: '#56d4dd',
  agent: '#7ee787',
  claude: '#d2a8ff',
}

/** A line of the demo: when, who, what. */
export interface Line {
  readonly seconds: number
  readonly speaker: string
  readonly text: string
}

/** The lines that tell a time, without what is only true of the machine it ran on. */
export function linesOf(output: string): Line[] {
  return output
    .replaceAll(/\/\S*\/gururmm-demo-\w+/g, '/tmp/demo')
    .replaceAll(new RegExp(`\\b${hostname().replaceAll('.', '\\.')}\\b`, 'g'), 'front-desk')
    .split('\n')
    .flatMap((line) => {
      const [, seconds, speaker = '', text = ''] = /^ *(\d+\.\d) s {2}(\w+) +(.*)$/.exec(line) ?? []
      if (seconds === undefined) return []
      const cut = text.length > COLUMNS - 18 ? `${text.slice(0, COLUMNS - 19)}…` : text
      return [{ seconds: Number(seconds), speaker, text: cut }]
    })
}

/** Lines that appear at their time where motion is welcome, all at once elsewhere. */
export function pictureOf(lines: readonly Line[]): string {
  const height = (lines.length + 3) * LINE
  const width = COLUMNS * 8 + 32
  const rows = lines.map(({ seconds, speaker, text }, index) => {
    const place = `x="16" y="${(index + 3) * LINE}" style="animation-delay:${seconds}s"`
    const time = `<tspan fill="#8b949e">${seconds.toFixed(1).padStart(6)} s</tspan>`
    const who = `<tspan fill="${COLOURS[speaker] ?? COLOURS.demo}">${speaker.padEnd(7)}</tspan>`
    return `<text class="line" ${place}>${time}  ${who} ${escapeMarkup(text)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>npm run demo: a shell command and a Claude task, from the server to the agent and back</title>',
    '<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#e6edf3}',
    '@media (prefers-reduced-motion:no-preference){.line{opacity:0;animation:come .15s forwards}}@keyframes come{to{opacity:1}}</style>',
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<text x="16" y="${1.5 * LINE}"><tspan fill="#8b949e">$</tspan> npm run demo</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

if (import.meta.main) {
  const env = { ...process.env, NO_COLOR: '1' }
  const args = ['--conditions=gururmm-source', path.join(ROOT, 'scripts/demo.ts'), '--check']
  const output = execFileSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' })
  writeFileSync(path.join(ROOT, 'docs/demo.svg'), pictureOf(linesOf(output)))
}
