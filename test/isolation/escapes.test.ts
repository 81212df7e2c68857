import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { runOn } from '../helpers/plugin-host.ts'
import { galleryHost, unharmed } from './host.ts'

const isRoot = process.geteuid?.() === 0
const hasNetworkWall = Number.parseInt(process.versions.node, 10) >= 26

/** What an isolated plugin finds of each way out. */
async function tryAll(t: Test, isolation: 'process' | 'sandbox') {
  const outsideDir = mkdtempSync(join(tmpdir(), 'gururmm-outside-'))
  t.teardown(() => rmSync(outsideDir, { recursive: true, force: true }))
  const outside = join(outsideDir, 'secret')
  writeFileSync(outside, 'not yours', { mode: 0o600 })
  const environment = { ...process.env, GRANTED: 'yes', WITHHELD: 'never', NODE_OPTIONS: '' }
  const permissions = { programs: ['node'], environment: ['GRANTED'] }
  const host = galleryHost(
    t,
    'escapes',
    { isolation, permissions, config: { tokenFile: './token', notASecret: outside } },
    { isolation: { environment } },
  )
  writeFileSync(join(host.dir, 'token'), 'the token', { mode: 0o600 })
  const link = join(host.folderOf('escapes'), 'link')
  symlinkSync(outside, link)
  const result = await runOn(host, 'escapes', { outside, outsideDir, link, hostPid: process.pid })
  t.equal(result.exitCode, 0, result.stderr)
  await unharmed(t, host)
  return result.data as Readonly<Record<string, string>>
}

/** The same in both kinds of isolation. */
function checkCommon(t: Test, found: Readonly<Record<string, string>>): void {
  for (const way of ALWAYS_REFUSED) t.match(found[way], /^refused/, way)
  t.equal(found.environment, 'open: GRANTED', 'of the environment there is what was granted')
  t.match(found.own_secret, /^open: \*\*\*$/, 'a secret of its own, masked in the result')
  t.match(found.other_secret, /SECRET_UNAVAILABLE/)
  t.match(found.default_secret, /SECRET_UNAVAILABLE/, 'a default of its schema names no file of the host')
  t.match(found.program, /PROGRAM_NOT_ALLOWED/)
  t.match(found.program_preload, /ENVIRONMENT_NOT_ALLOWED/)
  t.match(found.program_elevated, /ELEVATION_UNAVAILABLE/)
  t.match(found.directory, /DIRECTORY_OUTSIDE/)
  if (isRoot) t.equal(found.uid as unknown, 65_534, 'it runs as nobody')
}

const ALWAYS_REFUSED = [
  ...['read', 'read_dots', 'read_buffer', 'make_symlink', 'make_hard_link', 'write', 'change_mode'],
  ...['own_environment', 'parent_environment', 'descriptors', 'become_root', 'child_process', 'execve', 'worker'],
  ...['addon', 'binding', 'inspector', 'wasi', 'heap_snapshot', 'report'],
]
const NETWORK = ['tcp', 'udp', 'dns', 'listen', 'fetch', 'unix_socket']

test('a process of its own: what the permission model and another account refuse, and what they do not', {
  skip: !hasNetworkWall && 'this Node.js cannot withhold the network, so the plugin is refused',
}, async (t) => {
  const found = await tryAll(t, 'process')
  checkCommon(t, found)
  for (const way of NETWORK) t.match(found[way], /^refused/, way)
  // Open without another account: docs/security.md says so
  const byAccount = isRoot ? /^refused/ : /^open/
  const open = ['read_shipped_symlink', 'signal_parent', 'signal_host', 'sqlite', 'sqlite_attach']
  for (const way of open) t.match(found[way], byAccount, way)
})

test('a sandbox: none of it gets through', { skip: !hasSandbox() && 'there is no bubblewrap here' }, async (t) => {
  const found = await tryAll(t, 'sandbox')
  checkCommon(t, found)
  for (const way of NETWORK) t.notMatch(found[way], /^open: (?!tried|127)/, way)
  // Its own sandbox is its parent; of the host there is nothing to see
  for (const way of ['read_shipped_symlink', 'sqlite', 'sqlite_attach']) t.match(found[way], /^refused/, way)
  t.match(found.signal_host, /^refused: ESRCH/)
})

function hasSandbox(): boolean {
  try {
    execFileSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
