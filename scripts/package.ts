/**
 * `npm run package -- --platform linux-x64`: packages for endpoints without Node. The agent in one folder with a runtime of its own, as
 * an archive; for Linux a `.deb` too. Built on Linux for all platforms. Same sources, same bytes.
 *
 *   --platform NAMES   one, several with commas, or all (default: this machine's)
 *   --out FOLDER       where to (default: dist.packages)
 *   --runtime VERSION  of Node (default: the one that package-lock.json pins)
 *
 * @module
 */
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './build/bundle.ts'
import { makePackages } from './package/make.ts'
import { isOwn, PLATFORMS, platformsNamed } from './package/platforms.ts'

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: PLATFORMS.find(isOwn)?.name ?? 'all' },
    out: { type: 'string', default: path.join(ROOT, 'dist.packages') },
    runtime: { type: 'string' },
  },
})
const out = path.resolve(values.out)
await rm(path.join(out, '.staging'), { recursive: true, force: true })
await mkdir(out, { recursive: true })
const say = (line: string) => console.log(`package: ${line}`)
await makePackages(platformsNamed(values.platform), out, { runtimeVersion: values.runtime ?? null, say })
