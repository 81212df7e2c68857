import path from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { builtins } from './builtins.ts'

export const ROOT = path.join(import.meta.dirname, '../..')

/** CommonJS libraries inside an ES module bundle still call `require`, for packages that they can do without. */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/** What all bundles have in common. */
export const SHARED: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  conditions: ['gururmm-source'],
  // Where a library has both, its ES modules: a CommonJS wrapper may hide its inner imports from the bundler.
  mainFields: ['module', 'main'],
  // Names and lines stay: an administrator can read what runs, and a stack trace says where.
  minify: false,
  legalComments: 'none',
  logLevel: 'warning',
  banner: { js: REQUIRE },
}

/**
 * Bundles `entries` (output name without extension to source file) into `outdir`, all they import inside; code that several share
 * or that is imported on demand goes into chunks of its own. Answers what went in.
 *
 * @param options `external`: module names left as imports; `plugins`: beside those that every bundle has.
 */
export async function bundle(
  entries: Readonly<Record<string, string>>,
  outdir: string,
  { external = [], plugins = [] }: Pick<BuildOptions, 'external' | 'plugins'> = {},
): Promise<Metafile> {
  const { metafile } = await build({
    ...SHARED,
    entryPoints: { ...entries },
    outdir,
    external,
    plugins: [builtins, ...plugins],
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
  })
  return metafile
}
