import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { requireReadable } from '../../../core/service/index.ts'

t.test('an account must be able to read all the way', { skip: process.platform === 'win32' }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gururmm-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'config')
  writeFileSync(file, '')
  const stranger = { user: 'gururmm', ids: null }
  t.throws(() => requireReadable([file], stranger), {
    code: 'SERVICE_ACCOUNT_UNUSABLE',
    message: `${folder} is closed`,
  })
  t.doesNotThrow(() => requireReadable([file], { user: 'root', ids: { uid: 0, gid: 0 } }))
  chmodSync(folder, 0o755)
  chmodSync(file, 0o600)
  t.throws(() => requireReadable([file], stranger), { code: 'SERVICE_ACCOUNT_UNUSABLE', message: `${file} is closed` })
  const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  t.doesNotThrow(() => requireReadable([file], { user: 'owner', ids: owner }))
  chmodSync(file, 0o644)
  t.doesNotThrow(() => requireReadable([file], stranger))
})
