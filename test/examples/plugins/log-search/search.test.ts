import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { PluginTest, TestRunOptions } from '@gururmm/plugin-sdk/testing'
import { type Test, test } from 'tap'
import { scratchFolder, testExample } from '../example-plugins.ts'

interface Data {
  readonly matches: readonly {
    readonly file: string
    readonly line: number | null
    readonly byte: number
    readonly text: string
    readonly before: readonly string[]
    readonly after: readonly string[]
  }[]
  readonly files: readonly { readonly file: string; readonly end_byte: number; readonly cut_lines: number }[]
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  readonly truncated: boolean
}

interface Site {
  readonly folder: string
  readonly plugin: PluginTest
  search(input: object, options?: TestRunOptions): Promise<Data>
}

/** The plugin, with one allowed folder that has these files. */
async function siteWith(t: Test, files: Record<string, string | Uint8Array>, config: object = {}): Promise<Site> {
  const folder = scratchFolder(t)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const plugin = await testExample(t, 'log-search', { config: { folders: [folder], ...config } })
  const run = async (input: object, options?: TestRunOptions) => {
    const result = await plugin.run('log_search', input, options)
    t.match(result, { exitCode: 0 })
    return result.data as Data
  }
  return { folder, plugin, search: run }
}

const texts = ({ matches }: Data) => matches.map(({ text }) => text)

test('finds text with its file, line and byte, and shows it as text too', async (t) => {
  const { plugin, folder } = await siteWith(t, { 'a.log': 'one\r\ntwo ERROR\r\n', 'sub/b.log': 'ERROR last' })
  const result = await plugin.run('log_search', { pattern: 'ERROR' })
  t.match(result.data, {
    matches: [
      { file: join(folder, 'a.log'), line: 2, byte: 5, text: 'two ERROR' },
      { file: join(folder, 'sub/b.log'), line: 1, byte: 0, text: 'ERROR last' },
    ],
    truncated: false,
  })
  t.match(result.stdout, `${join(folder, 'a.log')}:2: two ERROR\n`)
  t.match(result.stdout, '2 matches; files read: 2, passed over: 0\n')
  t.match(
    result.progress.filter(({ stream }) => stream === 'event'),
    [{ data: { file: join(folder, 'a.log') } }, { data: { file: join(folder, 'sub/b.log') } }],
  )
})

test('plain text is no expression, and case counts unless it is told not to', async (t) => {
  const { search } = await siteWith(t, { 'a.log': 'a.c\nabc\nA.C\n' })
  t.same(texts(await search({ pattern: 'a.c' })), ['a.c'])
  t.same(texts(await search({ pattern: 'a.c', case_sensitive: false })), ['a.c', 'A.C'])
  t.same(texts(await search({ pattern: '^a.c$', mode: 'regex' })), ['a.c', 'abc'])
})

test('a pattern that makes other engines run for ever is answered', async (t) => {
  const { search } = await siteWith(t, { 'a.log': 'a'.repeat(50_000) })
  t.same(texts(await search({ pattern: '^(a+)+b$', mode: 'regex' })), [])
})

test('what is no expression is refused', async (t) => {
  const { plugin } = await siteWith(t, {})
  const result = await plugin.run('log_search', { pattern: '(', mode: 'regex' })
  t.match(result, { exitCode: -1, failure: { code: 'LOG_SEARCH_PATTERN_INVALID' } })
})

test('shows the lines around, never those of another file', async (t) => {
  const { search } = await siteWith(t, { 'a.log': '1\n2\nx\n4\nx\n6\n7\n', 'b.log': 'b1\nx\n' })
  t.match(await search({ pattern: 'x', context_lines: 2 }), {
    matches: [
      { before: ['1', '2'], after: ['4', 'x'] },
      { before: ['x', '4'], after: ['6', '7'] },
      { before: ['b1'], after: [] },
    ],
  })
})

test('stops at the number of matches and says so', async (t) => {
  const { search } = await siteWith(t, { 'a.log': 'x\n'.repeat(10), 'b.log': 'x\n' })
  const data = await search({ pattern: 'x', max_matches: 3 })
  t.equal(data.matches.length, 3)
  t.equal(data.truncated, true)
  t.equal(data.files[0]?.end_byte, 6)
})

test('stops at the amount of text and at the number of files that the config allows', async (t) => {
  const wide = await siteWith(t, { 'a.log': `${'x'.repeat(400)}\n`.repeat(100) }, { maxResultBytes: 1024 })
  const data = await wide.search({ pattern: 'x' })
  t.ok(data.truncated)
  t.equal(data.matches.length, 3)
  const many = await siteWith(t, { a: 'x', b: 'x', c: 'x' }, { maxFiles: 2 })
  t.match(await many.search({ pattern: 'x' }), { truncated: true, files: { length: 2 } })
})

test('reads the tail only, from its first whole line on', async (t) => {
  const { search } = await siteWith(t, { 'a.log': 'xx1\nxx2\nxx3\n', 'b.log.gz': gzipSync('xx4\n') })
  const within = await search({ pattern: 'x', tail_bytes: 6 })
  t.same(texts(within), ['xx3'])
  t.match(within, { matches: [{ line: null, byte: 8 }], skipped: [{ reason: 'compressed' }] })
  t.same(texts(await search({ pattern: 'x', tail_bytes: 8, files: '*.log' })), ['xx2', 'xx3'])
  t.same(texts(await search({ pattern: 'x', tail_bytes: 100, files: '*.log' })), ['xx1', 'xx2', 'xx3'])
})

test('goes on where an earlier search ended, and begins anew in a file that became shorter', async (t) => {
  const { search, folder } = await siteWith(t, { 'a.log': 'x1\nx2' })
  const file = join(folder, 'a.log')
  const first = await search({ pattern: 'x' })
  t.same(texts(first), ['x1', 'x2'])
  const since = { [file]: first.files[0]?.end_byte }
  writeFileSync(file, 'x1\nx2 whole\nx3\n')
  t.same(texts(await search({ pattern: 'x', since })), ['x2 whole', 'x3'])
  writeFileSync(file, 'x')
  t.same(texts(await search({ pattern: 'x', since })), ['x'])
})

test('reads gzip, and passes over what is binary, damaged or a link', async (t) => {
  const { search, folder } = await siteWith(t, {
    'a.log.gz': gzipSync('packed x\n'),
    'b.log': 'x\0x',
    'c.gz': gzipSync('x'.repeat(1000)).subarray(0, 20),
  })
  symlinkSync('/etc/passwd', join(folder, 'd.log'))
  const data = await search({ pattern: 'x' })
  t.same(texts(data), ['packed x'])
  t.same(Object.fromEntries(data.skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason])), {
    'b.log': 'binary',
    'c.gz': 'damaged',
    'd.log': 'link',
  })
})

test('reads only files of such names, and only the folder itself where it is told so', async (t) => {
  const { search } = await siteWith(t, { 'app.log': 'x1', 'app.txt': 'x2', 'sub/app.log': 'x3', 'a+b.log': 'x4' })
  t.same(texts(await search({ pattern: 'x', files: '*.log' })), ['x4', 'x1', 'x3'])
  t.same(texts(await search({ pattern: 'x', files: 'a?b.log' })), ['x4'])
  t.same(texts(await search({ pattern: 'x', files: 'app.log', recursive: false })), ['x1'])
})

test('leaves the allowed folders by no path', async (t) => {
  const { plugin, folder } = await siteWith(t, { 'sub/a.log': 'x' })
  symlinkSync('/etc', join(folder, 'way-out'))
  for (const asked of ['/etc', `${folder}/..`, join(folder, 'way-out')]) {
    const result = await plugin.run('log_search', { pattern: 'root', folder: asked })
    t.match(result, { exitCode: -1, failure: { code: /^(DIRECTORY_OUTSIDE|PATH_INVALID)$/ } }, asked)
  }
  t.match(await plugin.run('log_search', { pattern: 'x', folder: join(folder, 'sub') }), {
    data: { matches: [{ text: 'x' }] },
  })
})

test('folders in each other are read once, and one that is missing does not hide the others', async (t) => {
  const { plugin, folder } = await siteWith(t, { 'sub/a.log': 'x' })
  await plugin.reconfigure({ folders: [join(folder, 'none'), folder, join(folder, 'sub')] })
  t.match(await plugin.run('log_search', { pattern: 'x' }), {
    data: { matches: { length: 1 }, skipped: [{ path: join(folder, 'none'), reason: 'not_found' }] },
  })
  t.match(
    (await plugin.check()).map(({ ok }) => ok),
    [false, true, true],
  )
})

test('of a line longer than allowed the begin is searched, and it is counted', async (t) => {
  const long = `begin ${'y'.repeat(200_000)} end`
  const { search } = await siteWith(t, { 'a.log': `${long}\nnext end\n` }, { maxLineBytes: 1000 })
  const data = await search({ pattern: 'end' })
  t.match(data, { matches: [{ line: 2, byte: long.length + 1 }], files: [{ cut_lines: 1 }] })
  t.equal(data.matches.length, 1)
  t.match(texts(await search({ pattern: 'begin' })), [/^begin y+…?$/])
})
