import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PLATFORMS, platformsNamed } from '../../../scripts/package/platforms.ts'

t.test('platforms are named one by one or all at once', async (t) => {
  t.same(
    platformsNamed('win-x64,linux-arm64').map(({ name }) => name),
    ['win-x64', 'linux-arm64'],
  )
  t.same(platformsNamed('all'), PLATFORMS)
  t.throws(() => platformsNamed('linux-x86'), { message: /linux-x64.*"linux-x86"/ })
})

t.test('every platform’s Node is pinned with a checksum', async (t) => {
  const lock = readFileSync(path.join(import.meta.dirname, '../../../package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lock)
  for (const { carrier } of PLATFORMS) t.match(packages[`node_modules/${carrier}`], { integrity: /^sha512-/ }, carrier)
})
