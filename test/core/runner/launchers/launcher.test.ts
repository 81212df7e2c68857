import { spawnSync } from 'node:child_process'
import t from 'tap'

t.test('an agent that has no descriptors left for a launcher goes on without it', async (t) => {
  const from = (file: string) => JSON.stringify(import.meta.resolve(`../../../../core/runner/${file}`))
  // However few descriptors are left, the start ends well or throws; nothing comes later that would end the process.
  const script = `
    import { closeSync, openSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    import { createGroupContainment } from ${from('containment/process-group.ts')}
    import { startLauncher } from ${from('launchers/launcher.ts')}
    let failed = 0
    for (let left = 0; left < 24; left++) {
      const taken = []
      try {
        while (true) taken.push(openSync('/dev/null', 'r'))
      } catch {}
      for (const fd of taken.splice(0, left)) closeSync(fd)
      const env = { PATH: process.env.PATH, GURURMM_RUN: '1-2-3-00000000.' + process.pid + left }
      try {
        startLauncher(createGroupContainment(), { cwd: '/', env }).dispose()
      } catch {
        failed++
      }
      await sleep(20)
      for (const fd of taken) closeSync(fd)
    }
    process.exitCode = failed > 1 && failed < 24 ? 0 : 1`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const { status } = spawnSync('sh', ['-c', 'ulimit -n 96; exec "$@"', 'sh', ...node], { stdio: 'inherit' })
  t.equal(status, 0)
})
