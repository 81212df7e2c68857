#!/usr/bin/env node
'use strict'
// ES2019 (it parses on Node 12): an endpoint's own Node may be years old, and must get a sentence instead of a syntax error.

const fs = require('fs')
const nodeModule = require('module')
const path = require('path')
const { runCompiled } = require('./compiled-script.js')
const runtime = require('./runtime.js')

const DIST = path.join(__dirname, '../dist')

/** Compiled code, to spare later starts the compiling. Beside the code, never in the shared temporary folder, where others could plant it. */
const CACHE = path.join(DIST, '.compile-cache')

// Somebody has to change something on this machine before another start can help; service managers must not retry.
const EXIT_CONFIG = 78

/** An agent that has not said by then that it is up, is up. */
const SETTLED_MS = 60000

function fail(sentence) {
  process.stderr.write(`gururmm-agent: ${sentence}\n`)
  process.exit(EXIT_CONFIG)
}

function start() {
  const isStart = process.argv[2] === 'start'
  const entry = path.join(DIST, isStart ? 'start.cjs' : 'cli.js')
  if (!fs.existsSync(entry)) {
    fail(
      `the agent is not built: ${entry} is missing. In a clone run \`npm run build\`; else install the package again.`,
    )
  }
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache(CACHE)
  if (isStart) startAgent(entry)
  else import('../dist/cli.js').catch(failUnforeseen)
}

/** An agent stays: it runs for months, and may end by a power cut. */
function startAgent(entry) {
  const { exports, keep } = runCompiled(entry, CACHE)
  process.once('exit', keep)
  const late = new Promise((resolve) => setTimeout(resolve, SETTLED_MS).unref())
  void Promise.race([exports.settled, late]).then(() => settle(keep, exports.releaseProgramPages))
}

/** Once the agent is up. */
function settle(keep, releaseProgramPages) {
  process.off('exit', keep)
  keep()
  if (nodeModule.flushCompileCache) nodeModule.flushCompileCache()
  // Last: code that was compiled under other flags counts as not compiled, Node's own too. And not at the top: it takes 4 ms.
  require('./memory.js').keepSmall(releaseProgramPages)
}

function failUnforeseen(error) {
  process.stderr.write(`gururmm-agent: ${(error && error.stack) || error}\n`)
  process.exit(1)
}

/** Hardly any agent is one: the module is read where it may be. */
function becomesReaper() {
  if (process.pid !== 1) return false
  const firstProcess = require('./first-process.js')
  const isFirst = firstProcess.isFirst()
  if (isFirst) firstProcess.becomeReaper()
  return isFirst
}

function restart() {
  // Never from the working directory: whoever can write there would decide what root runs.
  const brought = runtime.findBrought(path.join(__dirname, '..'))
  if (brought) return runtime.become(brought, [__filename, ...process.argv.slice(2)])
  fail(
    `expected Node ${runtime.MINIMUM} or newer, found ${process.version} (${process.execPath}). Install a newer Node, ` +
      `or put one beside the agent: \`npm install node-${runtime.PLATFORM}-${process.arch}\`.`,
  )
}

if (!runtime.isEnough(process.version)) restart()
else if (!becomesReaper()) start()
