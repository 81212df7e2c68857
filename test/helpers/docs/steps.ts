import { spawnSync } from 'node:child_process'

/** What a reader of a document does with it, in order. */
export type Step =
  | { readonly kind: 'command'; readonly line: number; readonly command: string }
  | { readonly kind: 'file'; readonly line: number; readonly name: string; readonly content: string }

interface Block {
  readonly line: number
  /** What stands behind the opening fence: `sh`, `json agent.config.json`. */
  readonly info: string
  readonly text: readonly string[]
}

const FENCE = /^ *(```+|~~~+) *(.*?) *$/
const SHELLS = new Set(['sh', 'bash', 'shell'])
const FILE_NAME = /^[\w./-]+\.[\w]+$/

function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { fence: string; line: number; info: string; text: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = FENCE.exec(line)
    if (open !== undefined) {
      if (fence?.[1]?.startsWith(open.fence) && fence[2] === '') {
        blocks.push(open)
        open = undefined
      } else open.text.push(line)
    } else if (fence) open = { fence: fence[1] ?? '', line: index + 2, info: fence[2] ?? '', text: [] }
  }
  if (open !== undefined) throw new Error(`The block that begins before line ${open.line} is not closed.`)
  return blocks
}

/** Whether bash would run this as it stands, and not wait for more. */
function isComplete(text: string): boolean {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: `${text}\n`, encoding: 'utf8' })
  return status === 0 && stderr === '' && !/\\$/.test(text)
}

function commandsOf({ line, text }: Block): readonly Step[] {
  const steps: Step[] = []
  let pending: string[] = []
  for (const [index, one] of text.entries()) {
    if (pending.length === 0 && /^\s*(#.*)?$/.test(one)) continue
    pending.push(one)
    const command = pending.join('\n')
    if (!isComplete(command)) continue
    steps.push({ kind: 'command', line: line + index - pending.length + 1, command })
    pending = []
  }
  if (pending.length > 0) throw new Error(`The commands from line ${line} on do not end: ${pending[0]}`)
  return steps
}

/** Of a session as seen on a screen, what was typed: the lines behind `$ `, and those that a backslash ties to them. */
function typedIn(block: Block): Block {
  let goesOn = false
  const text = block.text.map((line) => {
    const typed = goesOn || line.startsWith('$ ') ? line.replace(/^\$ /, '') : ''
    goesOn = typed.endsWith('\\')
    return typed
  })
  return { ...block, text }
}

/**
 * The commands of the `sh` and `console` blocks of a document, and the files that blocks named after one (```json
 * agent.config.json) show, in the order of reading.
 */
export function stepsOf(markdown: string): readonly Step[] {
  return blocksOf(markdown).flatMap((block): readonly Step[] => {
    const [language = '', name = ''] = block.info.split(/\s+/)
    if (FILE_NAME.test(name)) return [{ kind: 'file', line: block.line, name, content: `${block.text.join('\n')}\n` }]
    if (SHELLS.has(language)) return commandsOf(block)
    return language === 'console' ? commandsOf(typedIn(block)) : []
  })
}
