import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'tap'
import { provideSdk } from '../../../core/plugins/provide-sdk.ts'

test('code anywhere on the disk gets the one copy of the SDK, until it is taken back', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'gururmm-sdk-'))
  t.teardown(() => rm(dir, { recursive: true }))
  writeFileSync(join(dir, 'copy.mjs'), `export const copy = 'ours'`)
  for (const name of ['a', 'b']) writeFileSync(join(dir, `${name}.mjs`), `export { copy } from '@gururmm/plugin-sdk'`)
  const takeBack = provideSdk(pathToFileURL(join(dir, 'copy.mjs')).href)
  t.match(await import(pathToFileURL(join(dir, 'a.mjs')).href), { copy: 'ours' })
  takeBack()
  await t.rejects(import(pathToFileURL(join(dir, 'b.mjs')).href), { code: 'ERR_MODULE_NOT_FOUND' })
})
