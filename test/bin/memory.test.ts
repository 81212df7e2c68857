import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'

const MEMORY = path.join(import.meta.dirname, '../../bin/memory.js')

/** Runs a script that has `memory` and answers what it prints. */
function run(script: string): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--eval', `const memory = require(${JSON.stringify(MEMORY)})\n${script}`],
    {
      encoding: 'utf8',
    },
  )
  t.equal(stderr, '')
  return stdout
}

t.test('rest comes once after each burst, and never without one', async (t) => {
  const printed = run(`
    const work = (ms) => { const until = performance.now() + ms; while (performance.now() < until); }
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    let rests = 0
    // Resting takes work as well, of which it is not to rest again.
    memory.afterEachBurst(() => { rests++; work(150) }, 100)
    const settle = async (count) => {
      for (const deadline = performance.now() + 20000; rests < count && performance.now() < deadline; ) await sleep(20)
      await sleep(500)
      console.log(rests)
    }
    void (async () => {
      await settle(0)
      work(300)
      await settle(1)
      work(300)
      await settle(2)
    })()`)
  t.equal(printed, '0\n1\n2\n')
})

t.test('what a burst leaves goes back to the machine', async (t) => {
  const printed = run(`
    memory.keepSmall(() => {})
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const heap = () => process.memoryUsage().heapTotal
    void (async () => {
      let kept = []
      for (let i = 0; i < 400000; i++) kept.push({ i, text: 'x' + i })
      kept = null
      const peak = heap()
      for (const deadline = performance.now() + 30000; heap() > peak / 2 && performance.now() < deadline; ) await sleep(100)
      console.log(heap() <= peak / 2)
    })()`)
  t.equal(printed, 'true\n')
})
