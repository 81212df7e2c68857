import { type AgentMessage, isDeeperThan, MAX_DEPTH, MESSAGES } from 'gururmm-agent/protocol'
import { createCheck } from './check.ts'

type AgentMessageType = AgentMessage['type']

const checks = Object.fromEntries(
  Object.entries(MESSAGES)
    .filter(([, message]) => message.from === 'agent')
    .map(([type, message]) => [type, createCheck(message.schema)]),
) as Record<AgentMessageType, ReturnType<typeof createCheck>>

/** Reads one frame from an agent: a message, or what is wrong with it. Never throws. */
export function decodeAgentFrame(data: Buffer, isBinary: boolean): { message: AgentMessage } | { problem: string } {
  if (isBinary) return { problem: 'a binary frame' }
  const text = data.toString('utf8') // the socket has checked that it is UTF-8
  if (isDeeperThan(text, MAX_DEPTH)) return { problem: `JSON nested deeper than ${MAX_DEPTH}` }
  let frame: { type?: unknown; payload?: unknown } | null
  try {
    frame = JSON.parse(text)
  } catch {
    return { problem: 'no JSON' }
  }
  const type = frame?.type
  if (typeof type !== 'string' || !Object.hasOwn(checks, type)) return { problem: 'no message type of an agent' }
  const problem = checks[type as AgentMessageType](frame?.payload)
  if (problem !== null) return { problem: `${type}: ${problem}` }
  return { message: frame as AgentMessage }
}
