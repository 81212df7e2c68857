/**
 * `npm run build`: makes what is published and what a clone starts: `dist/` (the agent, its plugins, the copy of the SDK that
 * plugins get, the protocol) and `plugin-sdk/dist/`. Same sources, same bytes.
 *
 * @module
 */
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { buildAll } from './build/all.ts'
import { ROOT } from './build/bundle.ts'

/** Puts `fresh` in the place of `folder` in one step, so that nobody finds half a build there. */
async function replace(folder: string, fresh: string): Promise<void> {
  const old = `${folder}.old-${process.pid}`
  await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(fresh, folder)
  await rm(old, { recursive: true, force: true })
}

const started = performance.now()
const folders = [path.join(ROOT, 'dist'), path.join(ROOT, 'plugin-sdk/dist')] as const
const [agent, sdk] = folders.map((folder) => `${folder}.new-${process.pid}`) as [string, string]
try {
  await buildAll(agent, sdk)
  await replace(folders[0], agent)
  await replace(folders[1], sdk)
} finally {
  for (const folder of [agent, sdk]) await rm(folder, { recursive: true, force: true })
}
console.log(`built dist and plugin-sdk/dist in ${Math.round(performance.now() - started)} ms`)
