import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { create, Header } from 'tar'
import { packFiles } from '../../../core/author/pack.ts'
import { PACKAGE_LIMITS, PluginFilesBuilder, writeFiles } from '../../../core/author/plugin-files.ts'
import { unpackFiles } from '../../../core/author/unpack.ts'

const FILES = new Map([
  ['index.js', Buffer.from('export default 1')],
  ['node_modules/a/index.js', Buffer.from('a')],
])

function scratch(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gururmm-pack-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Entry = {
  path: string
  content?: string
  type?: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO'
  size?: number
}

/** An archive as only somebody who means harm makes it. */
function archive(t: Test, entries: readonly Entry[]): string {
  const blocks = entries.flatMap(({ path, content = '', type = 'File', size = Buffer.byteLength(content) }) => {
    const header = new Header({ path, type, size, mode: 0o644, linkpath: type.includes('Link') ? '/etc/passwd' : '' })
    header.encode()
    const padding = (512 - (Buffer.byteLength(content) % 512)) % 512
    return [header.block as Buffer, Buffer.from(content), Buffer.alloc(padding)]
  })
  const file = join(scratch(t), 'hostile.tgz')
  writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])))
  return file
}

t.test('what is packed is unpacked as it was; the same files make the same bytes', async (t) => {
  const packed = await packFiles(FILES)
  const again = await packFiles(new Map([...FILES].reverse()))
  t.ok(packed.equals(again))
  const file = join(scratch(t), 'a.tgz')
  writeFileSync(file, packed)
  t.strictSame(new Map([...(await unpackFiles(file))].sort()), FILES)
})

t.test('an archive of npm and of tar itself is read, too', async (t) => {
  const folder = scratch(t)
  writeFileSync(join(folder, 'index.js'), 'x')
  const file = join(folder, 'a.tgz')
  await create({ file, cwd: folder, prefix: 'package', gzip: true }, ['index.js'])
  t.strictSame([...(await unpackFiles(file)).keys()], ['index.js'])
})

t.test('paths out of the folder, links, devices and doubles are refused', async (t) => {
  const hostile: readonly (readonly Entry[])[] = [
    [{ path: 'package/../../etc/cron.d/x' }],
    [{ path: '../x' }],
    [{ path: '/etc/passwd' }],
    [{ path: 'package/a\\..\\..\\x' }],
    [{ path: 'package/C:evil' }],
    [{ path: 'package/./a' }],
    [{ path: 'package//a' }],
    [{ path: 'package/a.' }],
    [{ path: 'package/line\nend' }],
    [{ path: 'no-folder' }],
    [{ path: 'package/a' }, { path: 'other/b' }],
    [{ path: 'package/a' }, { path: 'package/A' }],
    [{ path: 'package/link', type: 'SymbolicLink' }],
    [{ path: 'package/hard', type: 'Link' }],
    [{ path: 'package/null', type: 'CharacterDevice' }],
    [{ path: 'package/pipe', type: 'FIFO' }],
    [{ path: 'package/huge', size: PACKAGE_LIMITS.fileBytes + 1 }],
    [{ path: 'package/cut-off', size: 4000, content: 'short' }],
    [],
  ]
  for (const entries of hostile) {
    await t.rejects(unpackFiles(archive(t, entries)), { code: 'PLUGIN_PACKAGE_INVALID' }, JSON.stringify(entries))
  }
})

t.test('what is no archive is refused', async (t) => {
  const folder = scratch(t)
  for (const content of ['', 'text', gzipSync('text')]) {
    writeFileSync(join(folder, 'a.tgz'), content)
    await t.rejects(unpackFiles(join(folder, 'a.tgz')), { code: 'PLUGIN_PACKAGE_INVALID' })
  }
})

t.test('too many files, and too many bytes, are refused', async (t) => {
  const refused = { code: 'PLUGIN_PACKAGE_INVALID' }
  const many = new PluginFilesBuilder()
  for (let count = 0; count < PACKAGE_LIMITS.files; count++) many.add(`f${count}`, Buffer.alloc(0))
  t.throws(() => many.add('one-more', Buffer.alloc(0)), refused)
  const large = new PluginFilesBuilder()
  large.add('a', Buffer.alloc(PACKAGE_LIMITS.fileBytes))
  t.throws(() => large.checkSize('b', PACKAGE_LIMITS.totalBytes - PACKAGE_LIMITS.fileBytes + 1), refused)
})

t.test(
  'files are written for all to read, and over nothing that is there',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = scratch(t)
    const before = process.umask(0o077)
    t.teardown(() => process.umask(before))
    writeFiles(folder, FILES)
    t.equal(statSync(join(folder, 'node_modules/a')).mode & 0o777, 0o755)
    t.equal(statSync(join(folder, 'index.js')).mode & 0o777, 0o644)
    rmSync(join(folder, 'index.js'))
    symlinkSync('elsewhere', join(folder, 'index.js'))
    t.throws(() => writeFiles(folder, FILES), { code: 'EEXIST' })
  },
)
