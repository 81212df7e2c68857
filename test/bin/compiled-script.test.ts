import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { asScript } from '../../bin/compiled-script.js'
import { directoryOutside } from '../helpers/outside.ts'

const RUN = `
const { runCompiled } = require(process.argv[2])
const script = runCompiled(process.argv[3], process.argv[4])
if (script.exports.given !== 'to its caller') throw new Error('it exports nothing')
script.keep()
`
/** `called` is compiled at its first call, which is what Node's own cache does not keep. */
const CODE = `
function called() { return 'one' }
function neverCalled() { return 'nothing' }
exports.given = 'to its caller'
console.log(called(), __filename === require.resolve(__filename), module.exports === exports, this === undefined)
importModule('./other.mjs').then(({ word }) => console.log(word))
`

const SCRIPT = asScript(CODE)

interface Place {
  readonly script: string
  readonly cache: string
  run(env?: Record<string, string>): string
}

function place(t: Test): Place {
  const folder = directoryOutside(t, {
    'run.cjs': RUN,
    'agent.cjs': SCRIPT,
    'other.mjs': "export const word = 'other'",
  })
  const [script, cache] = [path.join(folder, 'agent.cjs'), path.join(folder, 'cache')]
  const module = path.join(import.meta.dirname, '../../bin/compiled-script.js')
  return {
    script,
    cache,
    run(env = {}) {
      const args = [path.join(folder, 'run.cjs'), module, script, cache]
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      })
      t.equal(stderr, '')
      return stdout
    },
  }
}

const files = (folder: string) => readdirSync(folder).map((name) => path.join(folder, name))

t.test('a script runs as a CommonJS module in strict mode, and can import by the function it is given', async (t) => {
  t.equal(place(t).run(), 'one true true true\nother\n')
})

t.test('what it has compiled, called functions too, is kept for the next start, which takes it', async (t) => {
  const { run, cache } = place(t)
  run()
  const [file = '', ...others] = files(cache)
  t.same(others, [])
  const kept = readFileSync(file)
  const { mtimeMs } = statSync(file)
  t.ok(kept.includes('one') && !kept.includes('nothing'), 'what was called, and nothing else')
  t.equal(run(), 'one true true true\nother\n')
  t.equal(statSync(file).mtimeMs, mtimeMs, 'it was taken, or it would have been written anew')
})

t.test('a script of the same length is another script', async (t) => {
  const { run, script } = place(t)
  run()
  writeFileSync(script, asScript(CODE.replace("'one'", "'two'")))
  t.equal(run(), 'two true true true\nother\n')
  t.equal(run(), 'two true true true\nother\n')
  const byHand = readFileSync(script, 'utf8').replace("'two'", "'six'")
  writeFileSync(script, byHand)
  t.equal(run(), 'six true true true\nother\n')
})

t.test('compiled code that is damaged or cut off is not run, but made anew', async (t) => {
  const { run, cache } = place(t)
  run()
  const [file = ''] = files(cache)
  const whole = readFileSync(file)
  const flipped = Buffer.from(whole)
  flipped[200] = (flipped[200] ?? 0) ^ 0xff
  for (const damaged of [flipped, whole.subarray(0, whole.length / 2), Buffer.alloc(0), Buffer.alloc(whole.length)]) {
    writeFileSync(file, damaged)
    t.equal(run(), 'one true true true\nother\n')
    t.notSame(readFileSync(file), damaged)
    const { mtimeMs } = statSync(file)
    run()
    t.equal(statSync(file).mtimeMs, mtimeMs, 'the new one is sound')
  }
})

t.test('where nothing can be kept, or nothing shall be, it runs all the same', async (t) => {
  const { run, cache } = place(t)
  t.equal(run({ NODE_DISABLE_COMPILE_CACHE: '1' }), 'one true true true\nother\n')
  writeFileSync(cache, 'a file in the way')
  t.equal(run(), 'one true true true\nother\n')
})
