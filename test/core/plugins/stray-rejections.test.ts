import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

const modulePath = fileURLToPath(new URL('../../../core/plugins/stray-rejections.ts', import.meta.url))

/** A process of its own, because an unhandled rejection ends one. */
function rejectIn(before: string): { code: number | null; output: string } {
  const script = `
    import { catchStrayRejections } from ${JSON.stringify(modulePath)}
    const logger = { error: (fields, message) => console.log(fields.err, message) }
    ${before}
    Promise.reject(new Error('stray'))
    setTimeout(() => console.log('still here'), 50)`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return { code: status, output: stdout }
}

test('a stray rejection is logged, and the process goes on', async (t) => {
  t.match(rejectIn('catchStrayRejections(logger)'), { code: 0, output: /stray.*still here/s })
})

test('once taken back, Node does as ever', async (t) => {
  t.match(rejectIn('catchStrayRejections(logger)()'), { code: 1 })
})
