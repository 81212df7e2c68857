import { test } from 'tap'
import { parseShow } from '../../../../examples/plugins/service-control/systemd.ts'

test('reads blocks in any order of their properties, with what it does not know', async (t) => {
  const text =
    'SubState=exited\nActiveState=active\nId=b.service\nNew=1\n\n\nId=a.service\nActiveState=odd\nno property\n'
  t.same(parseShow(text), [
    { name: 'a.service', description: '', state: 'unknown', detail: 'odd', start: null, pid: null },
    { name: 'b.service', description: '', state: 'stopped', detail: 'active/exited', start: null, pid: null },
  ])
})

test('no text has no services', async (t) => {
  t.same(parseShow(''), [])
})
