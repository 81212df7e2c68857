import { spawnSync } from 'node:child_process'
import t from 'tap'
import { chooseContainment } from '../../../../core/runner/containment/index.ts'
import { currentInstance } from '../../../../core/runner/containment/instance.ts'
import { KINDS, program, recordingLogger } from '../support.ts'

t.test('left to itself, the agent takes the strongest kind that works here and says what it is', async (t) => {
  const containment = chooseContainment('auto', currentInstance(), recordingLogger())
  t.equal(containment.kind, KINDS[0])
  t.match(containment.explanation, /\w+.*\.$/)
  await containment.close?.()
})

t.test(
  'an agent without root’s rights still has a kind, and a kind that does not work is refused when asked for',
  async (t) => {
    const script = `
    import { chooseContainment, currentInstance } from '${program('../../../core/runner/containment/index.ts')}'
    const logger = { debug() {} }
    const kinds = [chooseContainment('auto', currentInstance(), logger).kind]
    try { chooseContainment('pid_namespace', currentInstance(), logger) } catch (error) { kinds.push(error.code) }
    console.log(kinds.join())
  `
    const account = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=gururmm-source', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
        ...account,
      },
    )
    t.match(stdout.trim(), /^(cgroup|process_group),CONTAINMENT_UNAVAILABLE$/, stderr)
  },
)
