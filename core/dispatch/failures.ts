import type { CommandRequest, Failure, StopReason } from './contract.ts'

/** The journal could not take a command. */
export const NO_JOURNAL: Failure = {
  code: 'JOURNAL_UNAVAILABLE',
  message: 'Refused, not run: the agent cannot record commands now; see its log and the disk of its data folder.',
}

/** The agent's own fault, not the plugin's. */
export const HOST_FAULT: Failure = {
  code: 'HANDLER_FAILED',
  message: 'The agent itself failed while it ran the command; its log has the cause.',
}

const STOPPING = 'Refused, not run: the agent is stopping; send the command again once it is back.'
const DRAINING: Failure = { code: 'AGENT_DRAINING', message: STOPPING }

/** Why a command may not start now, whatever its type. */
export function obstacle(request: CommandRequest, draining: boolean, now: number): Failure | undefined {
  if (request.expiresAt !== null && request.expiresAt <= now) {
    const found = request.expiresAt === 0 ? 'could not be read' : `was ${new Date(request.expiresAt).toISOString()}`
    return { code: 'COMMAND_EXPIRED', message: `Refused, not run: its expires_at ${found}.` }
  }
  return draining ? DRAINING : undefined
}

/** A command that was stopped while it waited for its place. */
export function stoppedWaiting(reason: StopReason): Failure {
  return reason === 'shutdown' ? DRAINING : stopped(reason, 0)
}

/** A command that was stopped while it ran. */
export function stopped(reason: StopReason, timeoutSeconds: number): Failure {
  if (reason === 'timeout') {
    const message = `The command was ended after its ${timeoutSeconds} seconds; give it a longer timeout_seconds if it needs more.`
    return { code: 'COMMAND_TIMED_OUT', message }
  }
  if (reason === 'cancel') return { code: 'COMMAND_CANCELLED', message: 'The command was cancelled.' }
  const message = 'The agent stopped while the command ran; it was ended and is not run again.'
  return { code: 'COMMAND_INTERRUPTED', message }
}

/** The command asked for rights that its type does not hand out. */
export function noElevation(request: CommandRequest): Failure {
  const message = `Refused, not run: ${request.type} commands have no elevation; send it with elevated false.`
  return { code: 'ELEVATION_UNSUPPORTED', message }
}
