'use strict'
// ES2019, as all that starts the agent.

const crypto = require('crypto')
const fs = require('fs')
const nodeModule = require('module')
const path = require('path')
const url = require('url')
const vm = require('vm')

const DIGEST_BYTES = 32

function digest(bytes) {
  return crypto.createHash('sha256').update(bytes).digest()
}

/** Null where there is none, or where it is not what was written: V8 does not check what it is given. */
function readWhole(file) {
  try {
    const bytes = fs.readFileSync(file)
    const code = bytes.subarray(DIGEST_BYTES)
    return digest(code).equals(bytes.subarray(0, DIGEST_BYTES)) ? code : null
  } catch {
    return null
  }
}

function remove(file) {
  try {
    fs.unlinkSync(file)
  } catch {
    // It was never there.
  }
}

/** In one step, so that nobody reads half of it. Where the folder can't be written, every start compiles anew. */
function write(file, code) {
  const fresh = `${file}.${process.pid}`
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(fresh, Buffer.concat([digest(code), code]), { mode: 0o600 })
    fs.renameSync(fresh, file)
  } catch {
    remove(fresh)
  }
}

/** V8 tells sources apart by their length alone, and takes nothing from another version of itself. */
function cacheName(file, source) {
  const name = path.basename(file, '.cjs')
  return `${name}-${digest(source).toString('hex').slice(0, 16)}-${process.version}-${process.arch}`
}

const PARAMETERS = 'exports, require, module, __filename, __dirname, importModule'

/** `import()` does not work in such a script (its way is still an experiment, with a warning); the bundle calls this in its place. */
function importerFor(file) {
  return (specifier) => {
    const isFile = /^\.\.?\//.test(specifier)
    return import(isFile ? url.pathToFileURL(path.resolve(path.dirname(file), specifier)).href : specifier)
  }
}

/**
 * Runs a bundled script with what V8 has compiled of it at an earlier start. Node's own compile cache holds a module as it was when it
 * was read, so that each function is compiled again at its first call; this one holds every function that a start has called.
 *
 * @param {string} file
 * @param {string} folder Where compiled code is kept. Who can write there decides what runs.
 * @returns {{ exports: any, keep: () => void }} What the script exports; `keep` keeps what is compiled by then for the next start,
 *   where this one has not taken it from there. For one call.
 */
function runCompiled(file, folder) {
  const source = fs.readFileSync(file)
  const cacheFile = path.join(folder, cacheName(file, source))
  const disabled = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE)
  const cachedData = disabled ? null : readWhole(cacheFile)
  // The bundler writes ASCII only.
  const wrapped = `(function (${PARAMETERS}) { 'use strict'; ${source.toString('latin1')}\n})`
  const script = new vm.Script(wrapped, { filename: file, cachedData: cachedData || undefined })
  const module = { exports: {} }
  const require = nodeModule.createRequire(file)
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file), importerFor(file))
  const isKept = cachedData !== null && !script.cachedDataRejected
  const keep = () => {
    if (!isKept && !disabled) write(cacheFile, script.createCachedData())
  }
  return { exports: module.exports, keep }
}

module.exports = { runCompiled }
