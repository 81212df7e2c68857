'use strict'
// ES2019, as all that starts the agent.

const crypto = require('crypto')
const fs = require('fs')
const nodeModule = require('module')
const path = require('path')
const url = require('url')
const vm = require('vm')

const DIGEST_BYTES = 32

function digest(...parts) {
  const hash = crypto.createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Null where there is none for this script, or where it is not what was written: V8 does not check what it is given. */
function read(file, script) {
  try {
    const bytes = fs.readFileSync(file)
    const code = bytes.subarray(DIGEST_BYTES)
    return digest(script, code).equals(bytes.subarray(0, DIGEST_BYTES)) ? code : null
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
function write(file, script, code) {
  const fresh = `${file}.${process.pid}`
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(fresh, Buffer.concat([digest(script, code), code]), { mode: 0o600 })
    fs.renameSync(fresh, file)
  } catch {
    remove(fresh)
  }
}

const PARAMETERS = 'exports, require, module, __filename, __dirname, importModule'

/**
 * Makes of CommonJS code, ASCII only, what {@link runCompiled} runs: a script that evaluates to the module's function. It names its own
 * content in its first line.
 */
function asScript(code) {
  return `/* ${digest(code).toString('hex')} */(function (${PARAMETERS}) { 'use strict'; ${code}\n})`
}

/**
 * What tells a script from every other one, without the millisecond that a digest of all of it takes: V8 itself tells sources apart by
 * their length alone, npm gives all files the same time, and who changes a file by hand leaves its first line.
 */
function identity(file, source) {
  const firstLine = source.subarray(0, source.indexOf('\n'))
  return Buffer.concat([firstLine, Buffer.from(`${source.length} ${fs.statSync(file).mtimeMs}`)])
}

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
 * @param {string} file What `asScript` made. It is taken as it is: each copy of a source of a megabyte makes V8 collect garbage.
 * @param {string} folder Where compiled code is kept. Who can write there decides what runs.
 * @returns {{ exports: any, keep: () => void }} What the script exports; `keep` keeps what is compiled by then for the next start,
 *   where this one has not taken it from there. For one call.
 */
function runCompiled(file, folder) {
  const source = fs.readFileSync(file)
  const script = identity(file, source)
  // V8 takes nothing from another version of itself.
  const cacheFile = path.join(folder, `${path.basename(file, '.cjs')}-${process.version}-${process.arch}`)
  const disabled = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE)
  const cachedData = disabled ? null : read(cacheFile, script)
  const compiled = new vm.Script(source.toString('latin1'), { filename: file, cachedData: cachedData || undefined })
  const module = { exports: {} }
  const require = nodeModule.createRequire(file)
  compiled.runInThisContext()(module.exports, require, module, file, path.dirname(file), importerFor(file))
  const isKept = cachedData !== null && !compiled.cachedDataRejected
  const keep = () => {
    if (!isKept && !disabled) write(cacheFile, script, compiled.createCachedData())
  }
  return { exports: module.exports, keep }
}

module.exports = { asScript, runCompiled }
