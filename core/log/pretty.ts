import { styleText } from 'node:util'
import type { LogDestination } from './destination.ts'
import { visible } from './foreign-text.ts'

const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
}

/**
 * For people at a terminal. By hand, because the ready-made one brings thirteen packages into every agent for what is one line of
 * formatting here.
 */
export function prettyStream(terminal: NodeJS.WriteStream, stacks = true): LogDestination {
  // styleText knows NO_COLOR and its like
  const colours = styleText('red', 'x', { stream: terminal }) !== 'x'
  return {
    write: (line) => void terminal.write(formatLine(line, colours, stacks)),
    // A terminal is written without delay
    flush() {},
    close: () => Promise.resolve(),
  }
}

/**
 * `10:20:31 INFO  connected url="wss://…"`, with an error's stack below.
 *
 * @param line a JSON line of the log.
 * @param stacks false: of an error only its message.
 */
export function formatLine(line: string, colours: boolean, stacks = true): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
  const style = (colour: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(colour, text, { validateStream: false }) : text
  const label = style(COLOURS[String(level)] ?? 'gray', String(level).toUpperCase().padEnd(5))
  const rest = Object.entries(fields).map(
    ([key, value]) => style('gray', `${visible(key)}=`) + visible(JSON.stringify(value)),
  )
  const head = [style('gray', String(time).slice(11, 19)), label, visible(String(msg ?? '')), ...rest]
  return `${head.filter((part) => part !== '').join(' ')}\n${describeError(err, stacks)}`
}

function describeError(err: unknown, stacks: boolean): string {
  if (typeof err !== 'object' || err === null) return ''
  const { stack, message } = err as { stack?: string; message?: string }
  const lines = ((stacks ? stack : undefined) ?? message ?? '').split('\n')
  return lines.map((text) => `    ${visible(text)}\n`).join('')
}
