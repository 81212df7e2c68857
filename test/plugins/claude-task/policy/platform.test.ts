import t from 'tap'
import { checkPlatform, needsSandbox } from '../../../../plugins/claude-task/policy/platform.ts'
import { policyWith } from '../settings.ts'

t.test('Bash in a sandbox is refused where the CLI has none', async (t) => {
  t.equal(needsSandbox(policyWith('operate')), true)
  t.throws(() => checkPlatform(policyWith('operate'), 'win32'), { code: 'CLAUDE_SANDBOX_MISSING', refused: true })
  t.doesNotThrow(() => checkPlatform(policyWith('operate'), 'linux'))
  t.doesNotThrow(() => checkPlatform(policyWith('operate', { tools: ['Read'] }), 'win32'))
  t.doesNotThrow(() => checkPlatform(policyWith('maintain'), 'win32'))
})
