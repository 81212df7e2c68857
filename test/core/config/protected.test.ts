import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig, setPluginEnabled } from '../../../core/config/index.ts'
import { findUnprotected } from '../../../core/config/protected.ts'
import { writersOf } from '../../../core/config/protected-windows.ts'
import { asOther } from '../../helpers/as-other.ts'

const isRoot = process.geteuid?.() === 0
const needsRoot = { skip: !isRoot && 'only root can make files of root' }
const needsPosix = { skip: process.platform === 'win32' && 'Windows has access lists instead' }

/** Below the system's temporary folder, which is sticky. */
function protectedFile(t: Test) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'gururmm-protected-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const file = join(folder, 'etc/agent.config.json')
  mkdirSync(join(folder, 'etc'), { mode: 0o755 })
  const security = { requireProtectedConfig: true }
  writeFileSync(file, JSON.stringify({ server: { url: 'ws://127.0.0.1:9' }, plugins: { shell: {} }, security }), {
    mode: 0o644,
  })
  return { folder, file }
}

t.test('what only root can change is protected, whoever reads it', needsRoot, async (t) => {
  const { file } = protectedFile(t)
  t.equal(await findUnprotected(file), undefined)
  t.match((await loadConfig({ file, env: {} })).config.security, { requireProtectedConfig: true })
})

t.test('a right to write, an owner or a link of somebody else is found, with what to do', needsRoot, async (t) => {
  const { folder, file } = protectedFile(t)
  const etc = join(folder, 'etc')
  const cases: [string, () => void, () => void, RegExp][] = [
    [
      'the file is for a group',
      () => chmodSync(file, 0o664),
      () => chmodSync(file, 0o644),
      /file .*mode 664.*chmod go-w/,
    ],
    ['its folder is for all', () => chmodSync(etc, 0o757), () => chmodSync(etc, 0o755), /folder .*etc .*mode 757/],
    ['a folder above is', () => chmodSync(folder, 0o777), () => chmodSync(folder, 0o755), /folder .*mode 777/],
    [
      'the file is another’s',
      () => chownSync(file, 65534, 0),
      () => chownSync(file, 0, 0),
      /belongs to user 65534.*chown/,
    ],
    [
      'a folder is another’s',
      () => chownSync(etc, 65534, 0),
      () => chownSync(etc, 0, 0),
      /folder .* belongs to user 65534/,
    ],
  ]
  for (const [name, spoil, mend, problem] of cases) {
    spoil()
    t.match(await findUnprotected(file), problem, name)
    await t.rejects(loadConfig({ file, env: {} }), { code: 'CONFIG_UNPROTECTED', message: problem })
    await t.rejects(setPluginEnabled({ file, env: {} }, { plugin: 'shell', enabled: false }), {
      code: 'CONFIG_UNPROTECTED',
    })
    mend()
    t.equal(await findUnprotected(file), undefined)
  }
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  symlinkSync(file, join(open, 'link'))
  t.match(await findUnprotected(join(open, 'link')), /folder .*open/, 'who may replace the link decides')
  symlinkSync(join(open, 'link'), join(etc, 'link'))
  t.match(await findUnprotected(join(etc, 'link')), /folder .*open/, 'also of a link that a link leads to')
  symlinkSync(join(etc, 'a'), join(etc, 'b'))
  symlinkSync(join(etc, 'b'), join(etc, 'a'))
  t.match(await findUnprotected(join(etc, 'a')), /too many links/)
})

t.test('a file of the agent’s own user is not protected from it', needsPosix, async (t) => {
  const { folder, file } = protectedFile(t)
  await asOther([folder, join(folder, 'etc'), file], async () => {
    t.match(await findUnprotected(file), /belongs to user/)
    await t.rejects(loadConfig({ file, env: {} }), { code: 'CONFIG_UNPROTECTED' })
  })
})

t.test('it can be demanded from outside the file', async (t) => {
  const folder = t.testdir({ 'a.json': '{ "server": { "url": "ws://127.0.0.1:9" } }' })
  chmodSync(join(folder, 'a.json'), 0o666)
  const env = { GURURMM_SECURITY__REQUIRE_PROTECTED_CONFIG: 'true' }
  await t.rejects(loadConfig({ file: join(folder, 'a.json'), env }), { code: 'CONFIG_UNPROTECTED' })
})

t.test('Windows’ access lists are read by their SIDs and rights', async (t) => {
  const list = (...entries: string[]) => `agent.config.json\r\nD:PAI${entries.join('')}\r\n`
  const own = ['(A;;FA;;;BA)', '(A;;FA;;;SY)', '(A;OICIIO;FA;;;CO)']
  t.same(writersOf(list(...own, '(A;;0x1200a9;;;BU)', '(A;;FR;;;WD)', '(D;;FA;;;WD)')), [])
  t.same(writersOf(list(...own, '(A;;0x1301bf;;;AU)')), ['AU'], 'modify')
  t.same(writersOf(list('(A;ID;FA;;;S-1-5-21-1-2-3-1001)', '(A;;FW;;;BU)')), ['S-1-5-21-1-2-3-1001', 'BU'])
  t.same(writersOf(list('(A;;GRGW;;;WD)')), ['WD'])
  t.same(writersOf(list('(A;OICIIO;FA;;;BU)')), [], 'what is only handed down')
  t.same(writersOf('agent.config.json\r\n'), ['everyone'], 'no list at all')
})
