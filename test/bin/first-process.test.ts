import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import t, { type Test } from 'tap'
import { plainEnvironment } from '../helpers/npm.ts'

const PROGRAM = `
const first = require(${JSON.stringify(path.join(import.meta.dirname, '../../bin/first-process.js'))})
if (first.isFirst()) first.becomeReaper()
else require('vm').runInThisContext(process.env.TEST_CODE, {})
`

const CANNOT = {
  skip: (process.platform !== 'linux' || process.geteuid?.() !== 0) && 'a process namespace needs Linux and root',
}
const NAMESPACE = ['--pid', '--fork', '--kill-child', '--mount-proc']

/** The command line that runs code as the first process of a namespace of its own. */
function asFirst(t: Test, code: string) {
  const file = path.join(t.testdir({ 'program.cjs': PROGRAM }), 'program.cjs')
  return {
    args: [...NAMESPACE, process.execPath, file, 'an argument'],
    env: { ...plainEnvironment(), TEST_CODE: code },
  }
}

t.test('the first process of a container is a reaper, and ends with the code of the agent', CANNOT, async (t) => {
  const { args, env } = asFirst(
    t,
    "process.stdin.pipe(process.stdout); process.stdout.write(process.pid + process.argv[2] + '\\n'); process.exitCode = 75",
  )
  const { status, stdout } = spawnSync('unshare', args, { env, input: 'what came in', encoding: 'utf8' })
  t.equal(status, 75)
  t.match(stdout, /^[2-9]\d*an argument\nwhat came in$/)
})

t.test('it passes signals on, and reaps what others leave behind', CANNOT, async (t) => {
  const code = `
    process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100))
    require('child_process').execFileSync('sh', ['-c', '(sleep 0.1 &); (sleep 0.1 &)'])
    setTimeout(() => console.log(require('child_process').execFileSync('ps', ['-eo', 'stat'], { encoding: 'utf8' }).match(/^Z/gm)), 1000)
    setInterval(() => {}, 1000)`
    .trim()
    .replaceAll('require(', 'process.getBuiltinModule(')
  const { args, env } = asFirst(t, code)
  const child = spawn('unshare', args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [zombies] = await once(child.stdout, 'data')
  t.equal(String(zombies), 'null\n')
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  process.kill(Number(children.trim()), 'SIGTERM')
  const [status] = await once(child, 'exit')
  t.equal(status, 7)
})

t.test('any other process is none', async (t) => {
  const { isFirst } = createRequire(import.meta.url)('../../bin/first-process.js') as { isFirst(): boolean }
  t.equal(isFirst(), false)
})
