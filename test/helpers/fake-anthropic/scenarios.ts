/** One tool call of the scripted model. */
export interface Call {
  readonly name: string
  readonly input?: unknown
}

/** How one model turn is answered. */
export interface Step {
  readonly text?: string
  readonly thinking?: string
  readonly calls?: readonly Call[]
  /** Call tools even where the request offers none. */
  readonly force?: boolean
  /** The `stop_reason`. Default: `tool_use` with calls, else `end_turn`. */
  readonly stop?: string
  readonly usage?: {
    readonly input_tokens?: number
    readonly output_tokens?: number
    readonly cache_read_input_tokens?: number
  }
  /** Wait so many milliseconds before the answer. */
  readonly delay?: number
  /** Into how many pieces a block is streamed. Default: 3. */
  readonly chunks?: number
  /** Wait so many milliseconds before each piece. */
  readonly ms?: number
  /** After so many pieces: silence, the connection held open. */
  readonly stallAfter?: number
  /** After so many pieces: the connection is destroyed. */
  readonly cutAfter?: number
  /** Answer with this, whatever the API would answer. */
  readonly raw?: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** Never answer. */
  readonly hang?: boolean
  readonly error?: {
    readonly status?: number
    readonly type?: string
    readonly message?: string
    readonly retryAfter?: number
  }
  /** How often `error` is sent before the step answers. Default: always. */
  readonly times?: number
  /** After so many pieces an `error` event within the stream. */
  readonly sseError?: { readonly after: number; readonly type?: string; readonly message?: string }
}

/** Scenarios by name: step k answers the k-th model turn after the prompt that named it. */
export type Scenarios = Readonly<Record<string, readonly Step[]>>

/** What of a Messages request the choice of a step depends on. */
export interface MessagesRequest {
  readonly model?: string
  readonly stream?: boolean
  readonly system?: unknown
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly name?: string }[]
}

/** The answer where a prompt names no scenario and none is called `default`. */
export const DEFAULT_TEXT = 'Hello from the fake API.'

// biome-ignore lint/suspicious/noExplicitAny: arguments are whatever JSON a test writes into its prompt
type Arguments = any

const tool = (call: Call, then?: string): Step[] => [{ calls: [call] }, { text: then ?? 'done' }]

const BUILT_IN: Readonly<Record<string, (args: Arguments) => readonly Step[]>> = {
  default: () => [{ text: DEFAULT_TEXT }],
  text: (a) => [{ text: a.text ?? DEFAULT_TEXT }],
  long: (a) => [{ text: longText(a.kb ?? 64), chunks: a.chunks ?? 64 }],
  tool: (a) => tool({ name: a.name ?? 'Bash', input: a.input ?? {} }, a.then),
  tools: (a) => [{ calls: a.calls ?? [] }, { text: a.then ?? 'done' }],
  loop: (a) =>
    Array.from({ length: a.times ?? 1000 }, () => ({ calls: [{ name: a.name, input: a.input }], usage: a.usage })),
  bash: (a) => tool({ name: 'Bash', input: { command: a.cmd ?? 'echo hi', description: 'scripted' } }, a.then),
  write: (a) => tool({ name: 'Write', input: { file_path: a.path, content: a.content ?? 'fake\n' } }, a.then),
  read: (a) => tool({ name: 'Read', input: { file_path: a.path } }, a.then),
  slow: (a) => [{ text: a.text ?? 'one two three four five six seven', chunks: a.chunks ?? 10, ms: a.ms ?? 500 }],
  hang: () => [{ hang: true }],
  stall: (a) => [{ text: a.text ?? 'this reply stalls and never ends', chunks: 8, stallAfter: a.after ?? 2 }],
  cut: (a) => [{ text: a.text ?? 'this reply is cut off in the middle', chunks: 8, cutAfter: a.after ?? 2 }],
  error: (a) => [{ error: a, times: a.times, text: a.text ?? 'recovered' }],
  'sse-error': (a) => [{ text: 'partial', chunks: 4, sseError: { after: a.after ?? 1, ...a } }],
  stop: (a) => [{ text: a.text ?? 'stopped', stop: a.reason ?? 'max_tokens' }],
  think: (a) => [{ thinking: a.thinking ?? 'Let me think.', text: a.text ?? 'thought' }],
  usage: (a) => [{ text: 'counted', usage: { input_tokens: a.input ?? 1000, output_tokens: a.output ?? 1000 } }],
  script: (a) => a.steps ?? [],
}

function longText(kb: number): string {
  const lines: string[] = []
  for (let bytes = 0; bytes < kb * 1024; bytes += 64)
    lines.push(`line ${String(lines.length).padStart(7, '0')} ${'x'.repeat(50)}`)
  return lines.join('\n')
}

/** Which scenario, and which of its steps, answers this request. Counted from the conversation itself: the server keeps no state. */
export function pickStep(body: MessagesRequest, scenarios: Scenarios): { name: string; turn: number; step: Step } {
  const messages = body.messages ?? []
  const texts = messages.map((message) => (message.role === 'user' ? textOf(message.content) : ''))
  const start = texts.findLastIndex((text) => findMarker(text) !== undefined)
  const from = start >= 0 ? start : texts.findIndex((text) => text !== '')
  const marker = start >= 0 ? findMarker(texts[start] ?? '') : undefined
  const name = marker?.name ?? 'default'
  const unknown = [{ error: { status: 400, message: `fake server: no scenario "${name}"` } }]
  const steps = scenarios[name] ?? BUILT_IN[name]?.(marker?.args ?? {}) ?? unknown
  const turn = messages.slice(from + 1).filter((message) => message.role === 'assistant').length
  return { name, turn, step: inDirectory(steps[turn] ?? { text: 'done' }, body) }
}

/** Text of a message as the user wrote it, without tool results. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = Array.isArray(content) ? content : []
  return blocks
    .map((block: { type?: string; text?: string }) => (block.type === 'text' ? (block.text ?? '') : ''))
    .join('\n')
}

/**
 * The last marker of a text: `[[fake:NAME]]`, `[[fake:NAME {json}]]`, or the bare word `fake-scenario:NAME` for where a filter takes
 * brackets away.
 */
export function findMarker(text: string): { name: string; args: Arguments } | undefined {
  const marked = [...text.matchAll(/\[\[fake:([\w.-]+)\s*/g)].flatMap((found) => {
    const args = argumentsAt(text.slice(found.index + found[0].length))
    return args === undefined ? [] : [{ name: found[1] ?? '', args }]
  })
  const words = [...text.matchAll(/\bfake-scenario:([\w-]+)/g)].map((found) => ({ name: found[1] ?? '', args: {} }))
  return marked.at(-1) ?? words.at(-1)
}

/** The JSON before the next `]]` that makes it whole; it may itself hold `]]`. */
function argumentsAt(rest: string): Arguments | undefined {
  for (let end = rest.indexOf(']]'); end >= 0; end = rest.indexOf(']]', end + 1)) {
    try {
      return JSON.parse(rest.slice(0, end).trim() || '{}')
    } catch {}
  }
  return undefined
}

/** Puts the working directory that the CLI told the model where a step says `${cwd}`. */
function inDirectory(step: Step, body: MessagesRequest): Step {
  const text = JSON.stringify(step)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder itself
  const placeholder = '${cwd}'
  return text.includes(placeholder)
    ? JSON.parse(text.replaceAll(placeholder, JSON.stringify(directoryOf(body)).slice(1, -1)))
    : step
}

function directoryOf(body: MessagesRequest): string {
  const contents = [body.system, ...(body.messages ?? []).map((message) => message.content)]
  for (const text of contents.map(textOf)) {
    const found = /^\W*(?:(?:primary |current )?working directory|cwd): *(\S[^\n<]*)/im.exec(text)
    if (found) return (found[1] ?? '').trim()
  }
  return '.'
}
