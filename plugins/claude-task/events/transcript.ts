import type { Denial } from '../schemas.ts'
import { makeDenials } from './denials.ts'
import type { ClaudeEvent, ClaudeResult } from './event.ts'

/** What is known of a run. */
export interface Transcript {
  readonly sessionId: string | null
  readonly model: string | null
  readonly result: ClaudeResult | null
  /** The CLI's last word for an API failure. */
  readonly apiError: string | null
  /** What Claude said since its last tool use, for a run that ends without a result; of a long text the end. */
  readonly lastText: string
  readonly denials: readonly Denial[]
  /** How many more were denied than are listed. */
  readonly denialsLeftOut: number
}

/** Collects what the events of one run tell. */
export interface TranscriptWriter {
  /** Takes the next event; gives what is worth telling: it, completed, a denial that it amounts to, nothing where it repeats one. */
  add(event: ClaudeEvent): readonly ClaudeEvent[]
  /** As of now. */
  read(): Transcript
}

/** How much of an unfinished answer is kept, in UTF-16 units. */
const MAX_LAST_TEXT = 65_536

export function makeTranscript(): TranscriptWriter {
  const denials = makeDenials()
  const targets = new Map<string, string | null>()
  const seen = {
    sessionId: null as string | null,
    model: null as string | null,
    tools: null as readonly string[] | null,
    result: null as ClaudeResult | null,
    apiError: null as string | null,
    lastText: '',
  }

  function deny(event: Extract<ClaudeEvent, { kind: 'denied' }>): readonly ClaudeEvent[] {
    // The CLI names the tool and its call; what it was to be used on came with the call.
    const complete = { ...event, target: event.target ?? targets.get(event.id) ?? null }
    return denials.add(complete, complete.reason) ? [complete] : []
  }

  function use(event: Extract<ClaudeEvent, { kind: 'tool_use' }>): readonly ClaudeEvent[] {
    seen.lastText = ''
    targets.set(event.id, event.target)
    if (seen.tools === null || seen.tools.includes(event.tool)) return [event]
    // The CLI answers the call of a tool that it does not have with an error and counts no denial.
    return [event, ...deny({ ...event, kind: 'denied', reason: 'not among the tools of the policy' })]
  }

  function add(event: ClaudeEvent): readonly ClaudeEvent[] {
    if (event.kind === 'tool_use') return use(event)
    if (event.kind === 'denied') return deny(event)
    if (event.kind === 'started')
      Object.assign(seen, { sessionId: event.sessionId, model: event.model, tools: event.tools })
    if (event.kind === 'text') seen.lastText = endOf(seen.lastText + event.text)
    if (event.kind === 'api_error') seen.apiError = event.error
    if (event.kind === 'result') {
      seen.result = event
      seen.sessionId ??= event.sessionId
      for (const denied of event.denials) denials.add(denied, null)
    }
    return [event]
  }

  return {
    add,
    read() {
      const { tools: _, ...told } = seen
      return { ...told, ...denials.read() }
    },
  }
}

/** Cut only now and then: each cut copies the whole. */
function endOf(text: string): string {
  return text.length <= 2 * MAX_LAST_TEXT ? text : text.slice(-MAX_LAST_TEXT).toWellFormed()
}
