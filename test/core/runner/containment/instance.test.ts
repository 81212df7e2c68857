import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { currentInstance } from '../../../../core/runner/containment/instance.ts'
import { waitUntil } from '../../../helpers/wait-until.ts'

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

t.test('an agent that lives is not gone where its /proc entry cannot be read', async (t) => {
  const script = `
    import { openSync } from 'node:fs'
    import { currentInstance } from ${JSON.stringify(import.meta.resolve('../../../../core/runner/containment/instance.ts'))}
    const instance = currentInstance()
    let code
    try {
      while (true) openSync('/dev/null', 'r')
    } catch (error) {
      code = error.code
    }
    const isGone = instance.isGone(instance.id)
    process.exitCode = code === 'EMFILE' && !isGone ? 0 : 1`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const { status } = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node], { stdio: 'inherit' })
  t.equal(status, 0)
})

t.test('an agent that was killed and not reaped is gone', async (t) => {
  // The shell becomes a program that never asks for its children.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => parent.kill('SIGKILL'))
  const [said] = await once(parent.stdout, 'data')
  const pid = Number(said)
  const stat = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')
  await waitUntil('it to have ended', () => stat()[2] === 'Z')
  const instance = currentInstance()
  const [namespace] = instance.id.split('-')
  t.equal(instance.isGone(`${namespace}-${pid}-${stat()[21]}-00000000`), true)
})

t.test('two runners of one process have different ids', async (t) => {
  t.not(currentInstance().id, currentInstance().id)
})
