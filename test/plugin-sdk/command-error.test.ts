import { runInNewContext } from 'node:vm'
import { CommandError, isCommandError } from '@gururmm/plugin-sdk'
import { test } from 'tap'

test('an error says its code, and whether it is a refusal', async (t) => {
  const cause = new Error('beneath')
  t.match(new CommandError('ACME_X', 'No.'), { name: 'CommandError', code: 'ACME_X', message: 'No.', refused: false })
  const options = { refused: true, retryAfterSeconds: 3, rule: 'a.b', cause }
  t.match(new CommandError('ACME_X', 'No.', options), options)
})

test('it is known by what it says of itself, from any copy of the SDK', async (t) => {
  t.ok(isCommandError(new CommandError('ACME_X', 'No.')))
  t.ok(isCommandError({ name: 'CommandError', code: 'ACME_X', message: 'crossed a process' }))
  t.ok(isCommandError(runInNewContext(`Object.assign(new Error('x'), { name: 'CommandError', code: 'X' })`)))
  for (const other of [
    undefined,
    null,
    'CommandError',
    new Error('x'),
    { name: 'CommandError', code: 7, message: '' },
  ]) {
    t.notOk(isCommandError(other))
  }
})
