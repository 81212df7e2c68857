import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bundle, ROOT } from './bundle.ts'
import { bundledPackages, writeNotices } from './notices.ts'
import { buildPlugin, shippedPlugins } from './plugins.ts'
import { bundleStart } from './start-bundle.ts'
import { bringTypePackages, emitDeclarations, pointToJs } from './types.ts'
import { validators } from './validators.ts'

/** What starts as a file of its own, or is imported from outside. */
const AGENT = {
  cli: 'core/cli/main.ts',
  'late/iconv-lite': 'iconv-lite',
  'plugin-declare': 'core/author/declare-main.ts',
  'plugin-provide': 'core/author/provide-main.ts',
  'plugin-process': 'core/plugins/isolated/main.ts',
  'plugin-sdk/index': 'plugin-sdk/index.ts',
  'protocol/index': 'core/protocol/index.ts',
}
const SDK = { index: 'plugin-sdk/index.ts', testing: 'core/testing/index.ts' }
const TYPED = ['core/protocol/index.ts', 'plugin-sdk/index.ts', 'plugin-sdk/testing.ts']

/** Written last: a folder that has it is whole. */
export const NOTICES = 'THIRD-PARTY-NOTICES.txt'

async function buildAgent(out: string, declarations: string): Promise<void> {
  const plugins = await shippedPlugins()
  const [start, ...others] = await Promise.all([
    bundleStart(out),
    bundle(AGENT, out, { plugins: [validators()] }),
    ...plugins.map((folder) => buildPlugin(folder, path.join(out, 'plugins', folder))),
  ])
  const protocol = path.join(out, 'protocol')
  await cp(path.join(declarations, 'core/protocol'), protocol, { recursive: true })
  await pointToJs(protocol)
  const typePackages = await bringTypePackages(protocol)
  await writeNotices([...bundledPackages([...start, ...others]), ...typePackages], path.join(out, NOTICES))
}

async function buildSdk(out: string, declarations: string): Promise<void> {
  const metafile = await bundle(SDK, out)
  await cp(path.join(declarations, 'plugin-sdk'), out, { recursive: true })
  await pointToJs(out)
  await writeNotices(bundledPackages([metafile]), path.join(out, NOTICES))
}

/** The SDK once more, as plugin authors get it from an agent that has no network to ask: whole, with its types. */
async function bringAuthorSdk(sdk: string, out: string): Promise<void> {
  await cp(sdk, out, { recursive: true })
  await bringTypePackages(out)
  const { name, version, license, type, engines } = JSON.parse(
    await readFile(path.join(ROOT, 'plugin-sdk/package.json'), 'utf8'),
  )
  const of = (module: string) => ({ types: `./${module}.d.ts`, default: `./${module}.js` })
  const exports = { '.': of('index'), './testing': of('testing'), './package.json': './package.json' }
  const own = { name, version, license, type, engines, exports }
  await writeFile(path.join(out, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
}

/**
 * Builds the agent into `agent` and what `@gururmm/plugin-sdk` publishes into `sdk`; both folders are made.
 *
 * @throws Where a source does not bundle, or the published types have errors.
 */
export async function buildAll(agent: string, sdk: string): Promise<void> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'gururmm-types-'))
  try {
    const declarations = await emitDeclarations(TYPED, scratch)
    await mkdir(agent, { recursive: true })
    await mkdir(sdk, { recursive: true })
    await Promise.all([buildAgent(agent, declarations), buildSdk(sdk, declarations)])
    await bringAuthorSdk(sdk, path.join(agent, 'author-sdk'))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
