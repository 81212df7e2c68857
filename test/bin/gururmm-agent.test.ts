import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'acorn'
import t, { type Test } from 'tap'
import { asScript } from '../../bin/compiled-script.js'
import { directoryOutside } from '../helpers/outside.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const CARRIER = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const OLD = "Object.defineProperty(process, 'version', { value: 'v20.20.2' }); process.execve = undefined"
const AGENT = `
console.log(JSON.stringify({ args: process.argv.slice(2), version: process.version }))
if (process.argv[2] === 'wait') {
  const timer = setInterval(() => {}, 1000)
  process.on('SIGTERM', () => { clearInterval(timer); process.exitCode = 75 })
  console.log('ready')
}
if (process.argv[2] === 'fail') process.exitCode = 64
if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL')
`
/** What a built agent begins with for `start`. It is up at once, in its own opinion. */
const START = `
const garbage = new WeakRef({})
console.log(process.argv[2])
if (process.argv[3] === 'later') importModule('./later.js').then(({ answer }) => console.log(answer))
exports.settled = process.argv[3] === undefined ? new Promise(() => {}) : new Promise((resolve) => setTimeout(resolve))
exports.settled.then(() => setTimeout({ fill, kill, hot, collected }[process.argv[3]] ?? (() => {})))
exports.releaseProgramPages = () => { if (process.argv[3] === 'pages') console.log('pages let go') }
function fill() {
  const kept = []
  for (let round = 0; round < 200; round++) {
    kept[round % 4] = Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'text ' + index })).slice(0, 2000)
  }
  const { getHeapSpaceStatistics } = process.getBuiltinModule('node:v8')
  console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)
}
function kill() {
  process.kill(process.pid, 'SIGKILL')
}
function hot() {
  let sum = 0
  for (let i = 0; i < 20_000_000; i++) sum += i % 3
  console.log(sum)
}
function collected() {
  console.log(garbage.deref() === undefined)
}
`

interface Layout {
  readonly built?: boolean
  readonly brought?: boolean
}

/** An installed agent whose bundle only says how it was started. */
function installation(t: Test, { built = true, brought = true }: Layout = {}): string {
  const folder = directoryOutside(t, {
    'old.cjs': OLD,
    bin: {},
    dist: built ? { 'cli.js': AGENT, 'start.cjs': asScript(START), 'later.js': 'export const answer = 42' } : {},
    'package.json': '{"type":"module"}',
    node_modules: { [CARRIER]: { bin: {} } },
  })
  for (const file of [
    'gururmm-agent.js',
    'compiled-script.js',
    'first-process.js',
    'memory.js',
    'runtime.js',
    'package.json',
  ]) {
    copyFileSync(path.join(ROOT, 'bin', file), path.join(folder, 'bin', file))
  }
  const node = process.platform === 'win32' ? 'node.exe' : 'node'
  if (brought) symlinkSync(process.execPath, path.join(folder, 'node_modules', CARRIER, 'bin', node))
  return folder
}

function start(folder: string, args: readonly string[], nodeArgs: readonly string[] = []) {
  return spawnSync(process.execPath, [...nodeArgs, path.join(folder, 'bin/gururmm-agent.js'), ...args], {
    encoding: 'utf8',
  })
}

const old = (folder: string) => ['--require', path.join(folder, 'old.cjs')]

t.test('on a Node that is new enough the agent starts in the same process', async (t) => {
  const { stdout, status } = start(installation(t), ['fail', '--json'])
  t.strictSame(JSON.parse(stdout), { args: ['fail', '--json'], version: process.version })
  t.equal(status, 64)
})

t.test('once the agent is up, what it compiled is kept, whatever its end will be', async (t) => {
  const folder = installation(t)
  t.equal(start(folder, ['start', 'kill']).signal, 'SIGKILL')
  t.ok(readdirSync(path.join(folder, 'dist/.compile-cache')).some((name) => name.startsWith('start-')))
})

t.test('once the agent is up, what only its start needed is out of memory', async (t) => {
  t.equal(start(installation(t), ['start', 'collected']).stdout, 'start\ntrue\n')
})

t.test('once the agent is up, the pages of its program are let go', async (t) => {
  t.equal(start(installation(t), ['start', 'pages']).stdout, 'start\npages let go\n')
})

t.test('once the agent is up, hot code is compiled by the faster compiler alone', async (t) => {
  const { stdout } = start(installation(t), ['start', 'hot'], ['--trace-opt'])
  t.match(stdout, '19999999')
  t.match(stdout, /completed compiling .*JSFunction hot.*MAGLEV/)
  t.notMatch(stdout, /JSFunction hot.*TURBOFAN/)
})

t.test('the memory of a burst of work is given back rather than kept for the next', async (t) => {
  const [, newSpace] = start(installation(t), ['start', 'fill']).stdout.trim().split('\n')
  t.ok(Number(newSpace) <= 4 * 1024 * 1024, String(newSpace))
})

t.test('on an old Node it starts on the one that npm brought, with its exit code', async (t) => {
  const folder = installation(t)
  const { stdout, status } = start(folder, ['fail'], old(folder))
  t.strictSame(JSON.parse(stdout), { args: ['fail'], version: process.version })
  t.equal(status, 64)
})

t.test('on an old Node the death of the agent is passed on', { skip: process.platform === 'win32' }, async (t) => {
  const folder = installation(t)
  t.equal(start(folder, ['die'], old(folder)).signal, 'SIGKILL')
})

t.test('on an old Node a signal reaches the agent', { skip: process.platform === 'win32' }, async (t) => {
  const folder = installation(t)
  const args = [...old(folder), path.join(folder, 'bin/gururmm-agent.js'), 'wait']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.includes('ready')) break
  }
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  t.strictSame(await exit, [75, null])
})

t.test('on an old Node alone it says what is missing, and that another try is useless', async (t) => {
  const folder = installation(t, { brought: false })
  const { status, stderr, stdout } = start(folder, ['start'], old(folder))
  t.equal(status, 78)
  t.equal(stdout, '')
  t.match(stderr, new RegExp(`expected Node 22\\.18 or newer, found v20\\.20\\.2 .*npm install ${CARRIER}`))
})

t.test('an agent that is not built says so', async (t) => {
  const { status, stderr } = start(installation(t, { built: false }), ['start'])
  t.equal(status, 78)
  t.match(stderr, /npm run build/)
})

t.test('`start` has a bundle of its own, which imports what it needs later', async (t) => {
  t.equal(start(installation(t), ['start', 'later']).stdout, 'start\n42\n')
})

t.test('compiled code is kept beside the code, for the next start', async (t) => {
  const folder = installation(t)
  const cache = path.join(folder, 'dist/.compile-cache')
  start(folder, [])
  t.ok(existsSync(cache))
  start(folder, ['start'])
  t.ok(readdirSync(cache).some((name) => name.startsWith('start-')))
})

t.test('what an old Node reads parses on Node 12', async (t) => {
  for (const file of ['bin/gururmm-agent.js', 'bin/compiled-script.js', 'bin/runtime.js', 'scripts/setup.cjs']) {
    // The parser dates import() to 2020; Node has had it since 10.
    const text = readFileSync(path.join(ROOT, file), 'utf8').replaceAll('import(', 'load(')
    t.doesNotThrow(() => parse(text, { ecmaVersion: 2019, sourceType: 'script', allowHashBang: true }), file)
    t.notMatch(text, /require\('node:/, `${file}: Node 12 knows no node: names`)
  }
})

t.test('the oldest Node is the one that package.json names', async (t) => {
  const { MINIMUM, isEnough } = (await import('../../bin/runtime.js')).default
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  t.equal(engines.node, `>=${MINIMUM}`)
  for (const version of ['v22.18.0', '22.19', 'v24.0.0', 'v26.10.0']) t.ok(isEnough(version), version)
  for (const version of ['v22.17.1', 'v20.20.2', 'v8.0.0', 'v12.22.12']) t.notOk(isEnough(version), version)
})
