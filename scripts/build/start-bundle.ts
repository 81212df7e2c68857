import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Node, parse } from 'acorn'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { asScript } from '../../bin/compiled-script.js'
import { builtins } from './builtins.ts'
import { SHARED } from './bundle.ts'
import { validators, wholeChecks } from './validators.ts'

/** What an agent may never need stays outside its bundle: how it is imported, and what is built of it. */
const LATE: ReadonlyMap<string, string> = new Map([
  ['./main.ts', './cli.js'],
  ['iconv-lite', './late/iconv-lite.js'],
  ['ajv', './late/ajv.cjs'],
])

/** What libraries require at their start and use for nothing that the agent asks of them: pino's own ways to write. */
const NEVER_ASKED_FOR = ['sonic-boom', 'thread-stream']

const late: Plugin = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:\.\/main\.ts|iconv-lite|ajv)$/ }, ({ path, kind }) => {
      const built = LATE.get(path)
      const isLate = kind === 'dynamic-import' || kind === 'require-call'
      return isLate && built !== undefined ? { path: built, external: true } : undefined
    })
    onResolve({ filter: new RegExp(`^(?:${NEVER_ASKED_FOR.join('|')})$`) }, ({ path }) => ({ path, namespace: 'late' }))
    onResolve({ filter: /^\.\/late\//, namespace: 'late' }, ({ path }) => ({ path, external: true }))
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({ contents: atFirstUse(`./late/${path}.cjs`) }))
    onResolve({ filter: /^bufferutil$/ }, () => ({ path: path.join(import.meta.dirname, 'bufferutil.ts') }))
    // All that is asked of it is whether this is the main thread, where an agent always is; Node's module takes 2 ms for the answer.
    onResolve({ filter: /^(?:node:)?worker_threads$/ }, ({ path }) => ({ path, namespace: 'main-thread' }))
    onLoad({ filter: /./, namespace: 'main-thread' }, () => ({ contents: 'exports.isMainThread = true' }))
  },
}

/** A CommonJS module that stands for another, a class, until something is done with it. */
function atFirstUse(file: string): string {
  return `
    let loaded
    const load = () => (loaded ??= require(${JSON.stringify(file)}))
    const isInstance = (value) => loaded !== undefined && value instanceof loaded
    module.exports = new Proxy(function () {}, {
      apply: (_, self, args) => Reflect.apply(load(), self, args),
      construct: (_, args) => Reflect.construct(load(), args),
      get: (_, name) => (name === Symbol.hasInstance ? isInstance : load()[name]),
    })`
}

const SCRIPT: BuildOptions = {
  ...SHARED,
  banner: {},
  splitting: false,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  metafile: true,
}

/** Node loads a dozen modules for `performance`, 2 ms of a start; `process.uptime` reads the same clock, from the same moment on. */
const BANNER = `
const bundleUrl = require('node:url').pathToFileURL(__filename).href
const sinceStart = () => process.uptime() * 1000
`

/**
 * Bundles what a start needs into `start.cjs`: one file, since each more is looked up, read and linked by itself; and a script, since
 * V8 gives out what it has compiled of scripts only. bin/compiled-script.js runs it.
 */
export async function bundleStart(outdir: string): Promise<readonly Metafile[]> {
  const packages = Object.fromEntries(['ajv', ...NEVER_ASKED_FOR].map((name) => [`late/${name}`, name]))
  const lateParts = { ...packages, 'late/checks': 'whole-checks' }
  const [start, later] = await Promise.all([
    build({
      ...SCRIPT,
      outdir,
      write: false,
      metafile: true,
      entryPoints: { start: 'core/cli/start-main.ts' },
      define: { 'import.meta.url': 'bundleUrl', 'performance.now': 'sinceStart' },
      banner: { js: BANNER },
      plugins: [late, builtins, validators('./late/checks.cjs')],
    }),
    build({ ...SCRIPT, outdir, metafile: true, entryPoints: lateParts, plugins: [builtins, wholeChecks] }),
  ])
  await mkdir(outdir, { recursive: true })
  for (const { text } of start.outputFiles) {
    await writeFile(path.join(outdir, 'start.cjs'), asScript(callInsteadOfImport(text)))
  }
  return [start.metafile, later.metafile]
}

/** Puts `importModule(…)` in the place of every `import(…)`, which does not work in a script that is run in this way. */
export function callInsteadOfImport(text: string): string {
  const places: number[] = []
  const look = (node: Node): void => {
    if (node.type === 'ImportExpression') places.push(node.start)
    for (const value of Object.values(node)) {
      for (const child of [value].flat()) if (typeof child?.type === 'string') look(child as Node)
    }
  }
  look(parse(text, { ecmaVersion: 'latest', sourceType: 'script', allowReturnOutsideFunction: true }))
  const ends = places.sort((a, b) => a - b).map((start) => start + 'import'.length)
  return [0, ...ends]
    .map((from, index) =>
      text.slice(from, ends[index]).replace(/import$/, index < ends.length ? 'importModule' : 'import'),
    )
    .join('')
}
