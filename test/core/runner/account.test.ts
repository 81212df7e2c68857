import t from 'tap'
import { findAccount } from '../../../core/runner/index.ts'

const PASSWD = `root:x:0:0:root:/root:/bin/bash
worker:x:1000:1001:A worker,,,:/home/worker:/bin/sh
broken:x:abc:1:::
`

t.test('an account is found by its name', async (t) => {
  t.same(findAccount('worker', PASSWD), { user: 'worker', uid: 1000, gid: 1001, home: '/home/worker' })
  t.match(findAccount('root'), { uid: 0, gid: 0 }, 'in the machine’s own list')
})

t.test('there is none where no line, or only a broken one, is of that name', async (t) => {
  for (const name of ['work', '1000', '', 'broken']) t.equal(findAccount(name, PASSWD), null)
})
