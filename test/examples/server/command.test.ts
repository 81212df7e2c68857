import type { CommandResultPayload } from 'gururmm-agent/protocol'
import t from 'tap'
import { applyToCommand, type CommandEvent, hasEnded, newCommand } from '../../../examples/server/command.ts'
import { resultOf } from '../../helpers/raw-agent.ts'

const at = '2026-01-01T00:00:00.000Z'
const result = resultOf('c1') as CommandResultPayload

function commandAfter(...events: CommandEvent[]) {
  const command = newCommand('agent-1', { id: 'c1', command_type: 'shell' }, at)
  for (const event of events) applyToCommand(command, event)
  return command
}

t.test('applying an event twice changes nothing', async (t) => {
  const events: CommandEvent[] = [
    { event: 'sent', at, id: 'c1' },
    { event: 'acknowledged', at, id: 'c1', status: 'accepted', code: null },
    { event: 'cancelled', at, id: 'c1' },
    { event: 'finished', at, id: 'c1', result },
  ]
  const once = commandAfter(...events)
  const later = events.map((event) => ({ ...event, at: 'later' }))
  const withdrawn: CommandEvent = { event: 'withdrawn', at: 'later', id: 'c1', reason: 'expired' }
  const other: CommandEvent = { event: 'finished', at: 'later', id: 'c1', result: { ...result, stdout: 'other' } }
  t.same(commandAfter(...events, ...later, withdrawn, other), once)
  t.match(once, { status: 'finished', finishedAt: at, cancelRequestedAt: at, result })
})

t.test('a command that is sent again stays accepted', async (t) => {
  const accepted: CommandEvent = { event: 'acknowledged', at, id: 'c1', status: 'duplicate', code: null }
  t.equal(commandAfter({ event: 'sent', at, id: 'c1' }, accepted, { event: 'sent', at, id: 'c1' }).status, 'accepted')
})

t.test('a result ends also a command that was given up', async (t) => {
  const withdrawn = commandAfter({ event: 'withdrawn', at, id: 'c1', reason: 'cancelled' })
  t.match(withdrawn, { status: 'withdrawn', rejection: 'cancelled' })
  t.ok(hasEnded(withdrawn))
  applyToCommand(withdrawn, { event: 'finished', at, id: 'c1', result })
  t.match(withdrawn, { status: 'finished', rejection: null, result })
})
