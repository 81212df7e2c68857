import t from 'tap'
import { currentInstance } from '../../../../core/runner/containment/instance.ts'

t.test('an agent that lives is not gone; one whose pid nobody has, or someone else has by now, is', async (t) => {
  const instance = currentInstance()
  const [namespace, pid, start, random] = instance.id.split('-')
  t.equal(instance.isGone(instance.id), false)
  t.equal(instance.isGone(`${namespace}-4194305-${start}-${random}`), true, 'no such pid')
  t.equal(instance.isGone(`${namespace}-${pid}-1-${random}`), true, 'the pid was given away again')
})

t.test('what cannot be told is not taken for gone', async (t) => {
  const instance = currentInstance()
  const [namespace] = instance.id.split('-')
  t.equal(instance.isGone('1-4194305-5-00000000'), false, 'of another PID namespace')
  for (const id of [
    '',
    'x',
    `${namespace}-4194305-5`,
    `${namespace}-4194305-5-zzzzzzzz`,
    `x${namespace}-4194305-5-00000000`,
  ]) {
    t.equal(instance.isGone(id), false, `no id of ours: ${id}`)
  }
})

t.test('two runners of one process have different ids', async (t) => {
  t.not(currentInstance().id, currentInstance().id)
})
