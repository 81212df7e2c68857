import { existsSync } from 'node:fs'
import t from 'tap'
import { folderOf, startDemo } from '../helpers/demo.ts'
import { processesWith } from '../helpers/processes.ts'

t.test('the check runs a shell command and a Claude task, and says plainly that the answer is canned', async (t) => {
  const demo = startDemo(t, '--check')
  t.same(await demo.ended, { code: 0, signal: null })
  const output = demo.output()
  t.equal(output.match(/got the result: exit code 0/g)?.length, 2)
  t.match(output, /wants to use the tool Read on .*sync\.log: allowed by /, 'the real CLI read the real file')
  t.match(output, /2 errors in the last 24 hours/)
  t.match(output, /the answer above is canned/)
  t.notOk(existsSync(folderOf(output)))
  t.same(await processesWith(folderOf(output)), [])
})
