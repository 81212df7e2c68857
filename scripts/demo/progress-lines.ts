import type { CommandProgressPayload } from 'gururmm-agent/protocol'
import { plainText, printableOutput } from '../../examples/server/text.ts'

/** Tells progress in lines for people. */
export interface ProgressLines {
  take(progress: CommandProgressPayload): void
  /** Tells what has no line end yet; call it when the command has ended. */
  finish(): void
}

/** Output and an answer come in pieces that end anywhere; what people read are lines. */
export function createProgressLines(say: (line: string) => void): ProgressLines {
  let rest = ''
  const takeText = (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) say(`│ ${printableOutput(line)}`)
  }
  const finish = () => {
    if (rest !== '') takeText('\n')
  }
  return {
    take({ stream, data }) {
      const { event, text, ...fields } = (stream === 'event' ? data : {}) as Record<string, unknown>
      if (stream !== 'event') takeText(String(data))
      else if (event === 'text') takeText(String(text))
      else {
        finish()
        say(describeEvent(String(event), fields))
      }
    },
    finish,
  }
}

function describeEvent(event: string, fields: Record<string, unknown>): string {
  const { tool, target, model, turn, turns, decision, rule } = fields
  if (event === 'turn') return plainText(`turn ${turn}`)
  if (event === 'tool_use') {
    const why = decision === undefined ? '' : `: ${decision === 'allow' ? 'allowed' : 'denied'} by ${rule}`
    return plainText(`wants to use the tool ${tool} on ${target}${why}`)
  }
  if (event === 'started') return plainText(`starts and will ask the model ${model}`)
  if (event === 'result') return plainText(`has answered after ${turns} turns`)
  return plainText(`${event} ${JSON.stringify(fields)}`)
}
