'use strict'
// ES2019, as all of this folder.

const v8 = require('v8')

/** How often it is looked whether a burst is over, in ms. */
const LOOK_MS = 1000

/** Whoever uses more of a processor than this is at work. */
const BUSY_SHARE = 0.1

/**
 * Keeps the memory of an agent that stays small, once it is up: the garbage of a burst of commands is collected early rather than kept,
 * and once more when the burst is over (67 MiB afterwards instead of 105). Only the faster of V8's compilers is used: code that runs for
 * every command takes a third less time with it, and the other one needs memory for what an agent does too seldom. Without
 * `--optimize-for-size` a command takes a sixth less processor time, but 10,000 at once take 68 MiB more than an agent at rest instead of
 * 25, and results for a server that does not read 200 instead of 50: more than is promised. No flag needs a place on a command line that
 * every service manager would have to repeat.
 *
 * @param {() => void} releasePages Lets go of the pages of the program's own files. Once: what a burst brings back, the next one needs.
 */
exports.keepSmall = function keepSmall(releasePages) {
  for (const flag of ['--semi-space-growth-factor=1', '--optimize-for-size', '--no-turbofan'])
    v8.setFlagsFromString(flag)
  collectGarbage()
  releasePages()
  exports.afterEachBurst(collectGarbage)
}

/** Calls `rest` whenever this process has done next to nothing for a while after it was at work. What `rest` itself does is not work. */
exports.afterEachBurst = function afterEachBurst(rest, lookMs = LOOK_MS) {
  let before = process.cpuUsage()
  let wasBusy = false
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    const isBusy = user + system > lookMs * 1000 * BUSY_SHARE
    if (wasBusy && !isBusy) rest()
    wasBusy = isBusy
    before = process.cpuUsage()
  }
  return setInterval(look, lookMs).unref()
}

/** Takes some 50 ms, and gives back what V8 would keep for later. */
function collectGarbage() {
  v8.setFlagsFromString('--expose-gc')
  const gc = require('vm').runInNewContext('gc')
  v8.setFlagsFromString('--no-expose-gc')
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
