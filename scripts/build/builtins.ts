import { createRequire, isBuiltin } from 'node:module'
import { promisify } from 'node:util'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/** Node modules that `ws` names at its start and an agent may never need: TLS for `wss`, compression for `permessage-deflate`. */
const LATE = /^(?:node:)?(?:https|tls|zlib)$/

/** What starts programs names Node's own way to at its start, and takes another one where it can. */
const LATE_FOR_CROSS_SPAWN = /^(?:node:)?child_process$/

/** Node modules that an agent hardly needs before it has greeted the server. Each of their functions takes them at its first call. */
const AT_FIRST_CALL = /^(?:node:)?(?:fs\/promises|child_process|timers\/promises|stream\/consumers|perf_hooks)$/

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of by import. An import reads every export of the module at once,
 * and that of `node:http` alone loads Node's whole HTTP client: 30 ms of each start.
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    const beLate = (filter: RegExp, of: RegExp) =>
      onResolve({ filter }, ({ path, importer }) => {
        return of.test(importer) ? { path, namespace: 'late-builtin' } : undefined
      })
    beLate(LATE, /node_modules[\\/]ws[\\/]/)
    beLate(LATE_FOR_CROSS_SPAWN, /node_modules[\\/]cross-spawn[\\/]/)
    onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined
      if (kind === 'dynamic-import') return { path, external: true }
      return { path, namespace: kind === 'import-statement' ? 'imported-builtin' : 'required-builtin' }
    })
    onLoad({ filter: /./, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `module.exports = ${get(path)}`,
    }))
    onLoad({ filter: /./, namespace: 'imported-builtin' }, ({ path }) => ({ contents: exportsOf(path) }))
    onLoad({ filter: /./, namespace: 'late-builtin' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => ${get(path)}[name] })`,
    }))
  },
}

function get(name: string): string {
  return `process.getBuiltinModule(${JSON.stringify(name)})`
}

/** Each export by itself, so that the bundler drops those that nobody imports. */
function exportsOf(name: string): string {
  const module = require(name)
  const names = Object.keys(module).filter((key) => key !== 'default' && /^[a-z_$][\w$]*$/i.test(key))
  const isLate = (key: string) => AT_FIRST_CALL.test(name) && typeof module[key] === 'function' && /^[a-z]/.test(key)
  const lines = names.map((key) => {
    const value = isLate(key) ? atFirstCall(name, key, module[key]) : `(() => ${get(name)}.${key})()`
    return `const ${key}_ = /* @__PURE__ */ ${value}; export { ${key}_ as ${key} }`
  })
  return [`const all = /* @__PURE__ */ (() => ${get(name)})()`, 'export default all', ...lines].join('\n')
}

/** A function that takes the one it stands for when it is called; also for `promisify`, which asks some for a form of their own. */
function atFirstCall(name: string, key: string, stoodFor: object): string {
  const call = `(...args) => ${get(name)}.${key}(...args)`
  if (!(promisify.custom in stoodFor)) return `(() => ${call})()`
  const custom = `Symbol.for('nodejs.util.promisify.custom')`
  return `Object.defineProperty(${call}, ${custom}, { get: () => ${get(name)}.${key}[${custom}] })`
}
