import type { Approval } from '@gururmm/plugin-sdk'
import type { ToolVerdict } from './events/decisions.ts'
import type { ClaudeEvent, ToolUse } from './events/event.ts'
import type { Judge } from './policy/judge.ts'
import type { Ruling, ToolCall } from './policy/ruling.ts'

/** What a person is asked about a tool use. */
export interface ToolQuestion {
  readonly tool: string
  readonly target: string | null
  readonly rule: string
}

/** What the gate of one run works with. */
export interface GateParts {
  readonly judge: Judge
  /** Asks a person; given up on abort. */
  approve(question: ToolQuestion, signal: AbortSignal): Promise<Approval>
  /** Is told of a call that will be carried out, with the input that was judged, and waited for. */
  beforeUse(call: ToolCall): Promise<void>
  /** Writes to the CLI. */
  reply(message: object): void
  /** Records a decision. */
  decide(use: ToolUse, verdict: ToolVerdict): void
  isDecided(id: string): boolean
}

/** What becomes of a call, and the input that may be carried out. */
interface Judged {
  readonly verdict: ToolVerdict
  readonly input: ToolCall['input']
}

type Permission = Extract<ClaudeEvent, { kind: 'permission' }>

/** Decides about every tool use of one run: the CLI asks before each, and waits. */
export interface Gate {
  /** Takes the next event of the run; answers in its own time. */
  take(event: ClaudeEvent): void
  /** Whether a person is being asked right now. */
  isAsking(): boolean
  /** Gives up what is still asked; resolves once all is recorded. */
  close(): Promise<void>
}

export function makeGate(parts: GateParts): Gate {
  const calls = new Map<string, ToolCall>()
  /** What the CLI waits for an answer to, by its request's id. */
  const pending = new Map<string, AbortController>()
  const working = new Set<Promise<void>>()
  let asking = 0

  async function answer(event: Permission): Promise<void> {
    const { requestId } = event
    // From now on, not from the moment when a person is asked: it may be withdrawn while the call is judged.
    const given = new AbortController()
    pending.set(requestId, given)
    // The CLI waits for an answer, whatever went wrong.
    const { verdict, input } = await judge(event, given.signal).catch((error) => unjudged(event, error))
    pending.delete(requestId)
    // Recorded before it is carried out: nothing that ran is missing.
    parts.decide(event, verdict)
    parts.reply(responseTo(requestId, verdict, input))
  }

  async function judge(event: Permission, signal: AbortSignal): Promise<Judged> {
    const { tool } = event
    const ruling = await parts.judge.rule({ tool, input: event.input })
    const { decision, input } = ruling
    const verdict = decision === 'ask' ? await askPerson(event, ruling, signal) : verdictOf(ruling)
    if (verdict.decision === 'allow') await parts.beforeUse({ tool, input })
    return { verdict, input }
  }

  async function askPerson(event: Permission, { rule }: Ruling, signal: AbortSignal): Promise<ToolVerdict> {
    if (signal.aborted)
      return { decision: 'deny', rule, by: 'nobody', why: 'Nobody was asked: the CLI no longer waits.' }
    const { tool, target } = event
    asking += 1
    const { approved, by, reason } = await parts.approve({ tool, target, rule }, signal).finally(() => {
      asking -= 1
    })
    const said = by === null ? (reason ?? 'Nobody answered.') : `${by} ${approved ? 'approved' : 'refused'} it.`
    return { decision: approved ? 'allow' : 'deny', rule, by: by ?? 'nobody', why: said }
  }

  /** The CLI decided by itself; our own rule has the better name where it says the same. */
  async function name(use: ToolUse, reason: string): Promise<void> {
    const call = calls.get(use.id)
    const ruling = call && (await parts.judge.rule(call))
    const ours = ruling?.decision === 'deny' ? ruling : { rule: reason, why: reason }
    parts.decide(use, { decision: 'deny', rule: ours.rule, by: 'cli', why: ours.why })
  }

  function takeResult({ id, isError, text }: Extract<ClaudeEvent, { kind: 'tool_result' }>): void {
    if (parts.isDecided(id)) return
    const use = { id, tool: calls.get(id)?.tool ?? 'unknown', target: null }
    if (isError) track(name(use, withoutTags(text)))
    else parts.decide(use, { decision: 'allow', rule: 'not asked', by: 'cli', why: null })
  }

  function track(work: Promise<void>): void {
    working.add(work)
    void work.finally(() => working.delete(work))
  }

  return {
    take(event) {
      if (event.kind === 'tool_use') calls.set(event.id, { tool: event.tool, input: event.input })
      if (event.kind === 'permission') track(answer(event))
      if (event.kind === 'permission_withdrawn') pending.get(event.requestId)?.abort()
      if (event.kind === 'denied' && !parts.isDecided(event.id)) track(name(event, event.reason ?? 'the CLI'))
      if (event.kind === 'tool_result') {
        takeResult(event)
        calls.delete(event.id)
      }
      if (event.kind === 'result') {
        for (const use of event.denials) if (!parts.isDecided(use.id)) track(name(use, 'the CLI'))
      }
    },
    isAsking: () => asking > 0,
    async close() {
      for (const given of pending.values()) given.abort()
      while (working.size > 0) await Promise.all(working)
    },
  }
}

function verdictOf({ decision, rule, why }: Ruling): ToolVerdict {
  return { decision: decision === 'allow' ? 'allow' : 'deny', rule, by: 'policy', why }
}

function unjudged({ input }: Permission, error: Error): Judged {
  const why = `It cannot be judged: ${error.message}.`
  return { verdict: { decision: 'deny', rule: 'tool input', by: 'policy', why }, input }
}

function responseTo(requestId: string, { decision, rule, why }: ToolVerdict, input: ToolCall['input']): object {
  const response =
    decision === 'allow'
      ? { behavior: 'allow', updatedInput: input }
      : { behavior: 'deny', message: `Denied by the operator’s policy (${rule}). ${why ?? ''}`.trim() }
  return { type: 'control_response', response: { subtype: 'success', request_id: requestId, response } }
}

/** The CLI puts its errors into tags, for the model. */
function withoutTags(text: string): string {
  return (
    text
      .replace(/<\/?tool_use_error>/g, '')
      .replace(/\s+/g, ' ')
      .trim() || 'the CLI'
  )
}
