import t from 'tap'
import { exitCodeOf, processExitCode } from '../../../core/cli/exit-codes.ts'

t.test('the command’s exit code survives the shell’s eight bits', { skip: process.platform === 'win32' }, async (t) => {
  t.same([0, 1, 124, 255, 256, 257, 512, -1, -2_147_483_648].map(processExitCode), [0, 1, 124, 255, 1, 1, 1, 255, 255])
})

t.test('an error ends the process by its code; one that nobody foresaw is a failure', async (t) => {
  const codes = ['USAGE', 'AGENT_UNREACHABLE', 'AGENT_LOCKED', 'CONFIG_INVALID', 'SECRET_UNAVAILABLE', 'ENOENT']
  t.same(
    codes.map((code) => exitCodeOf(Object.assign(new Error('x'), { code }))),
    [64, 69, 75, 78, 78, 1],
  )
  t.equal(exitCodeOf(new Error('x')), 1)
  t.equal(exitCodeOf(null), 1)
})
