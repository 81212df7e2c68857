import type { CommandProgressPayload } from '../protocol/messages.ts'
import type { Execution, OutputSink, ProgressItem } from './contract.ts'
import type { Session } from './delivery.ts'

/** Above this, progress is dropped: results and heartbeats share the socket, and a slow server must not fill our memory. */
export const PROGRESS_HIGH_WATER_BYTES = 262_144

type Tell = (item: ProgressItem) => void

/** Numbers the progress of one command and sends what the socket can take. Never waits. */
export function createProgressSender(id: string, session: () => Session | null): Tell {
  let seq = 0
  let dropped = 0
  return (item) => {
    const to = session()
    if (to === null || !to.capabilities.has('command_progress') || to.bufferedBytes > PROGRESS_HIGH_WATER_BYTES) {
      dropped++
      return
    }
    const { stream, data } = item
    const offset = stream === 'event' ? 0 : item.offset
    const payload: CommandProgressPayload = { command_id: id, seq: ++seq, stream, offset, data, dropped }
    dropped = 0
    void to.send({ type: 'command_progress', payload })
  }
}

/** Output is kept before it is told: what the socket has no room for can be asked for later. */
export function keepAndTell(output: OutputSink | undefined, tell: (item: ProgressItem) => void): Execution['progress'] {
  return (item) => {
    const kept = item.stream === 'event' ? undefined : output?.write(item)
    tell(item)
    return kept
  }
}
