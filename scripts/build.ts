/**
 * Makes what is published and what a clone starts: `dist/` (the agent, its plugins, the SDK copy that plugins get, the protocol)
 * and `plugin-sdk/dist/`. Same sources, same bytes.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Metafile } from 'esbuild'
import { bundle, ROOT } from './build/bundle.ts'
import { bundledPackages, writeNotices } from './build/notices.ts'
import { buildPlugin, shippedPlugins } from './build/plugins.ts'
import { bringTypePackages, emitDeclarations, pointToJs } from './build/types.ts'

/** What starts as a file of its own, or is imported from outside. */
const AGENT = {
  cli: 'core/cli/main.ts',
  'plugin-sdk/index': 'plugin-sdk/index.ts',
  'protocol/index': 'core/protocol/index.ts',
}
const SDK = { index: 'plugin-sdk/index.ts', testing: 'core/testing/index.ts' }
// TEMPORARY until all rooms are there
const present = (entries: Record<string, string>) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(path.join(ROOT, file))))
const NOTICES = 'THIRD-PARTY-NOTICES.txt'

async function buildAgent(out: string, declarations: string): Promise<void> {
  const plugins = await shippedPlugins()
  const metafiles: Metafile[] = await Promise.all([
    bundle(present(AGENT), out),
    ...plugins.map((folder) => buildPlugin(folder, path.join(out, 'plugins', folder))),
  ])
  const protocol = path.join(out, 'protocol')
  await cp(path.join(declarations, 'core/protocol'), protocol, { recursive: true })
  await pointToJs(protocol)
  const typePackages = await bringTypePackages(protocol)
  await writeNotices([...bundledPackages(metafiles), ...typePackages], path.join(out, NOTICES))
}

async function buildSdk(out: string, declarations: string): Promise<void> {
  const metafile = await bundle(present(SDK), out)
  await cp(path.join(declarations, 'plugin-sdk'), out, { recursive: true })
  await pointToJs(out)
  await writeNotices(bundledPackages([metafile]), path.join(out, NOTICES))
}

/** Puts `fresh` in the place of `folder` in one step, so that nobody finds half a build there. */
async function replace(folder: string, fresh: string): Promise<void> {
  const old = `${folder}.old-${process.pid}`
  await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(fresh, folder)
  await rm(old, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const started = performance.now()
  const scratch = await mkdtemp(path.join(tmpdir(), 'gururmm-types-'))
  const targets = [path.join(ROOT, 'dist'), path.join(ROOT, 'plugin-sdk/dist')] as const
  const [agent, sdk] = targets.map((target) => `${target}.new-${process.pid}`) as [string, string]
  try {
    const declarations = await emitDeclarations(
      ['core/protocol/index.ts', 'plugin-sdk/index.ts', 'plugin-sdk/testing.ts'],
      scratch,
    )
    await mkdir(agent, { recursive: true })
    await Promise.all([buildAgent(agent, declarations), buildSdk(sdk, declarations)])
    await replace(targets[0], agent)
    await replace(targets[1], sdk)
  } finally {
    for (const folder of [scratch, agent, sdk]) await rm(folder, { recursive: true, force: true })
  }
  console.log(`built dist and plugin-sdk/dist in ${Math.round(performance.now() - started)} ms`)
}

await main()
