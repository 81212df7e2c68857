import { createRequire, isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/** Node modules that `ws` names at its start and an agent may never need: TLS for `wss`, compression for `permessage-deflate`. */
const LATE = /^(?:node:)?(?:https|tls|zlib)$/

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of by import. An import reads every export of the module at once,
 * and that of `node:http` alone loads Node's whole HTTP client: 30 ms of each start.
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LATE }, ({ path, importer }) => {
      return /node_modules[\\/]ws[\\/]/.test(importer) ? { path, namespace: 'late-builtin' } : undefined
    })
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
  const names = Object.keys(require(name)).filter((key) => key !== 'default' && /^[a-z_$][\w$]*$/i.test(key))
  const lines = names.map((key) => `const ${key}_ = /* @__PURE__ */ (() => all.${key})(); export { ${key}_ as ${key} }`)
  return [`const all = ${get(name)}`, 'export default all', ...lines].join('\n')
}
