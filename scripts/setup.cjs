'use strict'
// Makes a clone ready to work, then goes on with what was asked for. ES2019 (it parses on Node 12): the machine's own Node may be
// years old, and this finds it a new one.
//
//   node scripts/setup.cjs              install what package-lock.json names, if it is not there; build, if sources changed
//   node scripts/setup.cjs FILE ARGS…   the same, then run FILE on the Node that the clone brought along
//   node scripts/setup.cjs --build      install likewise, and build in any case
//   node scripts/setup.cjs --prepare    the last step of an install, called by npm

const childProcess = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')
const runtime = require('../bin/runtime.js')

const ROOT = path.join(__dirname, '..')
const MODULES = path.join(ROOT, 'node_modules')
const INSTALLED = path.join(MODULES, '.package-lock.json')
const STAMP = path.join(MODULES, '.gururmm-setup')

function say(sentence) {
  process.stderr.write(`setup: ${sentence}\n`)
}

function fail(sentence) {
  say(sentence)
  process.exit(1)
}

function readPackages(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8')).packages
}

/** Null when node_modules holds what package-lock.json names, else why not. npm itself keeps the list of what is there. */
function whyInstall() {
  if (!fs.existsSync(INSTALLED)) return 'node_modules is missing or half made'
  const there = readPackages(INSTALLED)
  const wanted = Object.entries(readPackages(path.join(ROOT, 'package-lock.json')))
  const amiss = wanted.find(([place, { version, optional, link }]) => {
    if (!place.startsWith('node_modules/') || link) return false
    // An optional package is for some platforms only.
    return there[place] ? there[place].version !== version : !optional
  })
  return amiss ? `${amiss[0]} is not as package-lock.json names it` : null
}

/** What the last preparation saw; another one is due when it differs. */
function fingerprint() {
  const settings = fs.readFileSync(path.join(ROOT, '.taprc'))
  return crypto.createHash('sha256').update(settings).digest('hex')
}

function isPrepared() {
  return fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === fingerprint()
}

/** The newest change at or below `place`, in milliseconds since the epoch; what is built or installed does not count. */
function newestChange(place) {
  const state = fs.statSync(place)
  if (!state.isDirectory()) return state.mtimeMs
  const inside = fs.readdirSync(place).filter((name) => name !== 'node_modules' && name !== 'dist')
  return Math.max(0, ...inside.map((name) => newestChange(path.join(place, name))))
}

/** Whether the sources changed since the last build, by a pull or an edit. */
function isBuildStale() {
  const built = path.join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt')
  if (!fs.existsSync(built)) return true
  const sources = ['core', 'plugin-sdk', 'plugins', 'scripts/build', 'scripts/build.ts', 'package.json']
  return sources.some((place) => newestChange(path.join(ROOT, place)) > fs.statSync(built).mtimeMs)
}

/** The project's own programs come first, `node` among them. */
function environment() {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') || 'PATH'
  const folders = [path.join(MODULES, '.bin'), process.env[key]].filter(Boolean)
  return Object.assign({}, process.env, { [key]: folders.join(path.delimiter) })
}

/** Makes `node` the brought one for every npm script. npm before 11 links no program that only a workspace asked for. */
function linkNode(node) {
  const link = path.join(MODULES, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  if (fs.existsSync(link) || !node.startsWith(MODULES)) return
  const target = path.relative(path.dirname(link), node)
  if (process.platform === 'win32') fs.writeFileSync(link, `@"%~dp0\\${target}" %*\r\n`)
  else fs.symlinkSync(target, link)
}

/** Runs one step of the set-up, its output shown; where it fails, `sentence` is the last word. */
function step(command, args, options, sentence) {
  const settings = Object.assign({ cwd: ROOT, stdio: 'inherit', env: environment() }, options)
  const ended = childProcess.spawnSync(command, args, settings)
  if (ended.error) fail(`${sentence} (${ended.error.message})`)
  if (ended.status !== 0) fail(sentence)
}

function checkTools() {
  // Below it npm leaves out the checkers' programs for this platform, without a word.
  if (Number(process.versions.node.split('.')[0]) < 16)
    fail(`expected Node 16 or newer to install with, found ${process.version}.`)
  const found = /^npm\/(\d+)/.exec(process.env.npm_config_user_agent || '')
  if (found && Number(found[1]) < 7) {
    fail(`expected npm 7 or newer, found npm ${found[1]}. Run \`npm install -g npm@9\`, then the same command again.`)
  }
}

function install() {
  const why = whyInstall()
  if (why === null) return
  checkTools()
  say(`${why}: running \`npm ci\` (some 500 MB: Node 26, the checkers and the libraries, all inside this folder) …`)
  const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund']
  const failed =
    '`npm ci` failed; its message is above. Check the network and the disk, then run the same command again.'
  const npm = process.env.npm_execpath
  if (npm && /npm-cli\.js$/.test(npm)) step(process.execPath, [npm, ...args], {}, failed)
  else step('npm', args, { shell: process.platform === 'win32' }, failed)
}

/** The Node that npm brought along; the machine's own where there is none for this platform and it is new enough. */
function findRuntime() {
  const brought = runtime.findBrought(ROOT)
  if (brought) return brought
  if (runtime.isEnough(process.version)) return process.execPath
  return fail(
    `expected Node ${runtime.MINIMUM} or newer, found ${process.version}, and npm brought none along for ${process.platform} ` +
      `${process.arch}. Run \`npm ci --include=optional\`; where that brings none either, install Node 22 or newer yourself.`,
  )
}

function build(node) {
  step(node, ['--conditions=gururmm-source', 'scripts/build.ts'], {}, 'the build failed; its message is above.')
}

function prepare() {
  if (!fs.existsSync(path.join(MODULES, 'esbuild')))
    return say('the development packages were left out, so nothing was built.')
  const node = findRuntime()
  linkNode(node)
  build(node)
  // The test runner is put together once from the plugins that .taprc names.
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
  step(node, ['node_modules/tap/dist/esm/run.mjs', 'build'], quiet, 'the test runner could not be put together.')
  fs.writeFileSync(STAMP, fingerprint())
}

function main(args) {
  if (args[0] === '--prepare') return prepare()
  install()
  // An npm that is told to ignore scripts has not called `--prepare`.
  if (!isPrepared()) prepare()
  const node = findRuntime()
  if (args[0] === '--build') return build(node)
  if (isBuildStale()) build(node)
  if (args.length > 0) runtime.become(node, args, environment())
}

main(process.argv.slice(2))
