'use strict'
// ES2019 (it parses on Node 12): this is what an old Node reads to find the new one, or to say what to do.

const fs = require('fs')
const path = require('path')

/** The oldest Node that runs the agent; equal to `engines.node` in package.json, which a test holds. */
const MINIMUM = '22.18'

const PLATFORM = process.platform === 'win32' ? 'win' : process.platform

/** Packages that bring a Node: one for each platform, or `node`, whose install script picks one. */
const CARRIERS = [`node-${PLATFORM}-${process.arch}`, `node-bin-${PLATFORM}-${process.arch}`, 'node']

/** Asked for by a terminal, these reach every process in the foreground, the child as well. */
const FROM_TERMINAL = ['SIGINT', 'SIGHUP', 'SIGQUIT']

/** Whether a Node of this version (`v22.18.0`, `22.18`) runs the agent. */
function isEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  const [neededMajor, neededMinor] = MINIMUM.split('.').map(Number)
  return major === neededMajor ? minor >= neededMinor : major > neededMajor
}

/** Whether the Node at `file` starts here (C library, architecture, permission) and is new enough. */
function runs(file) {
  const answer = require('child_process').spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 20000 })
  return answer.status === 0 && isEnough(answer.stdout.trim())
}

/** The Node that npm brought into the node_modules of `start` or of a folder above it; null where there is none that will do. */
function findBrought(start) {
  const executable = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  const folder = path.resolve(start)
  const files = CARRIERS.map((carrier) => path.join(folder, 'node_modules', carrier, executable))
  const found = files.find((file) => fs.existsSync(file) && runs(file))
  if (found) return found
  const above = path.dirname(folder)
  return above === folder ? null : findBrought(above)
}

/**
 * Turns this process into `command`. Where Node cannot do that (before 22.15, and on Windows) it stays between: passes on the
 * signals that ask to end, and ends as `command` ended, with its exit code or by its signal.
 */
function become(command, args, environment = process.env) {
  if (process.execve && process.platform !== 'win32') return process.execve(command, [command, ...args], environment)
  const child = require('child_process').spawn(command, args, { stdio: 'inherit', env: environment })
  const attached = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of [...FROM_TERMINAL, 'SIGTERM']) {
    process.on(signal, () => {
      // The terminal has sent the child its own already; a second one would turn its orderly end into a forced one.
      if (!attached || signal === 'SIGTERM') child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`Could not start ${command}: ${error.message}\n`)
    process.exit(69)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

module.exports = { MINIMUM, PLATFORM, isEnough, findBrought, become }
