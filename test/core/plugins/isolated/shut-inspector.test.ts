import { url } from 'node:inspector'
import { test } from 'tap'
import { shutInspector } from '../../../../core/plugins/isolated/shut-inspector.ts'

test('a signal does not open the debugger', { skip: process.platform === 'win32' && 'no such signal' }, async (t) => {
  const undo = shutInspector()
  process.kill(process.pid, 'SIGUSR1')
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(url(), undefined)
  undo()
  t.equal(process.listenerCount('SIGUSR1'), 0)
})
