import t from 'tap'
import { exitCodeOf } from '../../plugin-sdk/index.ts'

t.test('an exit code is itself, as a signed 32-bit integer', async (t) => {
  t.equal(exitCodeOf({ exitCode: 0, signal: null }), 0)
  t.equal(exitCodeOf({ exitCode: 255, signal: null }), 255)
  t.equal(exitCodeOf({ exitCode: 0xc0000005, signal: null }), -1073741819)
})

t.test('signal n is 128 + n, and killed where nothing is known', async (t) => {
  t.equal(exitCodeOf({ exitCode: null, signal: 'SIGTERM' }), 143)
  t.equal(exitCodeOf({ exitCode: null, signal: 'SIGSEGV' }), 139)
  t.equal(exitCodeOf({ exitCode: null, signal: null }), 137)
})
