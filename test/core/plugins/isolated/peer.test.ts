import { duplexPair } from 'node:stream'
import { CommandError, isCommandError } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { connectPeer, type PeerOptions, violation } from '../../../../core/plugins/isolated/peer.ts'

const quiet: PeerOptions = { onCall: async () => null, onNote() {}, onClosed() {}, strangers: true }

function pair(one: Partial<PeerOptions>, other: Partial<PeerOptions>) {
  const [left, right] = duplexPair()
  return { left, one: connectPeer(left, { ...quiet, ...one }), other: connectPeer(right, { ...quiet, ...other }) }
}

test('a call is answered, and what it throws crosses over with its code', async (t) => {
  const { one } = pair(
    {},
    {
      async onCall(action, body) {
        if (action === 'add') return (body.a as number) + 1
        throw new CommandError('ACME_GONE', 'It is gone.', { refused: true, retryAfterSeconds: 3 })
      },
    },
  )
  t.equal(await one.call('add', { a: 1 }), 2)
  const error = await one.call('other', {}).catch((thrown: unknown) => thrown)
  t.ok(isCommandError(error))
  t.match(error, { code: 'ACME_GONE', message: 'It is gone.', refused: true, retryAfterSeconds: 3 })
})

test('calls that are open when the line closes are told so, and later ones too', async (t) => {
  const { one, other } = pair({}, { onCall: () => new Promise(() => {}) })
  const open = one.call('x', {})
  setImmediate(() => other.close())
  await t.rejects(open, { code: 'PEER_GONE' })
  await t.rejects(one.call('y', {}), { code: 'PEER_GONE' })
})

test('who breaks the protocol is cut off, and the problem is told', async (t) => {
  const closed = Promise.withResolvers<string | null>()
  const onCall = async () => {
    throw violation('it asked for too much')
  }
  const { other } = pair({ onCall, onClosed: closed.resolve }, {})
  await t.rejects(other.call('x', {}), { code: 'PEER_GONE' })
  t.equal(await closed.promise, 'it asked for too much')
})

test('a message that is too large is not sent', async (t) => {
  const { one } = pair({}, {})
  await t.rejects(one.call('x', { text: 'x'.repeat(17_000_000) }), { code: 'MESSAGE_TOO_LARGE' })
  t.equal(await one.call('x', {}), null)
})
