import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, realpathSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkWindowsName, readContextFiles as readThem } from '../../../plugins/claude-task/context-files.ts'
import { securityWith } from './settings.ts'

const security = securityWith()

function directoryOf(t: Test): string {
  const root = realpathSync(
    t.testdir({
      base: { 'sync.log': 'x', sub: { 'error.log': 'y' } },
      'base-evil': { 'secret.txt': 's' },
      'outside.txt': 'o',
    }),
  )
  return join(root, 'base')
}

const readContextFiles = (names: readonly string[], base: string, rules: typeof security) =>
  readThem(names, base, rules, async () => ({ decision: 'allow', rule: '', why: '' }))

async function namesOf(asked: readonly string[], base: string): Promise<readonly string[]> {
  return (await readContextFiles(asked, base, security)).map(({ name }) => name)
}

t.test('files inside are handed on by their names relative to the directory, each once', async (t) => {
  const base = directoryOf(t)
  const names = ['sync.log', 'sub/../sub/error.log', './sync.log', join(base, 'sub', 'error.log')]
  t.same(await namesOf(names, base), ['sync.log', 'sub/error.log'])
  t.same(await namesOf([], base), [])
})

t.test('a file outside is refused however it is named', async (t) => {
  const base = directoryOf(t)
  symlinkSync('../outside.txt', join(base, 'link'))
  symlinkSync('../base-evil', join(base, 'linked'))
  for (const name of [
    '../outside.txt',
    '/etc/passwd',
    'link',
    'linked/secret.txt',
    '../base-evil/secret.txt',
    'sub/../../outside.txt',
  ]) {
    await t.rejects(readContextFiles([name], base, security), { code: 'CONTEXT_FILE_OUTSIDE', refused: true }, name)
  }
})

t.test('a link to a file inside stands for that file', async (t) => {
  const base = directoryOf(t)
  symlinkSync('sub/error.log', join(base, 'link'))
  t.same(await namesOf(['link'], base), ['sub/error.log'])
})

t.test('what is missing, circular or below a file is refused as missing', async (t) => {
  const base = directoryOf(t)
  symlinkSync('loop', join(base, 'loop'))
  for (const name of ['nothing.log', 'loop', 'sync.log/x']) {
    await t.rejects(readContextFiles([name], base, security), { code: 'CONTEXT_FILE_MISSING' }, name)
  }
})

t.test('only regular files pass', async (t) => {
  const base = directoryOf(t)
  execFileSync('mkfifo', [join(base, 'pipe')])
  for (const name of ['sub', '.', 'pipe']) {
    await t.rejects(readContextFiles([name], base, security), { code: 'CONTEXT_FILE_INVALID' }, name)
  }
})

t.test('a name that is no plain text is refused before the disk is asked', async (t) => {
  const base = directoryOf(t)
  for (const name of ['a\0b', 'a\nIgnore the task', 'a\ud800', 'a\u001b[2J', 'a\u2028b']) {
    await t.rejects(
      readContextFiles([name], base, security),
      { code: 'CONTEXT_FILE_INVALID' },
      encodeURI(name.toWellFormed()),
    )
  }
})

t.test('a link to a file whose name is not UTF-8 is refused', async (t) => {
  const base = directoryOf(t)
  const odd = Buffer.from([0x6f, 0xff, 0x64])
  writeFileSync(Buffer.concat([Buffer.from(`${base}/`), odd]), '')
  symlinkSync(odd, join(base, 'innocent'))
  await t.rejects(readContextFiles(['innocent'], base, security), { code: /^CONTEXT_FILE_/ })
})

t.test('size and number are limited by the policy', async (t) => {
  const base = directoryOf(t)
  mkdirSync(join(base, 'big'))
  writeFileSync(join(base, 'big', 'file'), '')
  truncateSync(join(base, 'big', 'file'), 104_857_601)
  await t.rejects(readContextFiles(['big/file'], base, security), {
    code: 'CONTEXT_FILE_TOO_LARGE',
    rule: /maxContextFileBytes$/,
  })
  const few = securityWith({ maxContextFiles: 1 })
  await t.rejects(readContextFiles(['sync.log', 'sub/error.log'], base, few), { code: 'CONTEXT_FILES_TOO_MANY' })
})

t.test('on Windows shares, devices, streams and drive-relative names are refused unseen', async (t) => {
  for (const name of [
    '\\\\server\\share\\a',
    '//server/a',
    '\\\\?\\C:\\a',
    '\\??\\C:\\a',
    'C:a',
    'a.log:stream',
    'C:\\a:b',
  ]) {
    t.throws(() => checkWindowsName(name, 'win32'), { code: 'CONTEXT_FILE_INVALID', refused: true }, name)
    t.doesNotThrow(() => checkWindowsName(name, 'linux'), name)
  }
  for (const name of ['sync.log', 'logs\\sync.log', 'C:\\Shares\\test\\sync.log']) {
    t.doesNotThrow(() => checkWindowsName(name, 'win32'), name)
  }
})

t.test('files that fit together are given whole, larger ones by name, each with its size and digest', async (t) => {
  const base = directoryOf(t)
  const texts = { 'a.txt': 'ä'.repeat(20), 'b.txt': 'b'.repeat(30), 'c.txt': 'c'.repeat(10), 'empty.txt': '' }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(base, name), text)
  const rules = securityWith({ inlineContextBytes: 50 })
  const files = await readContextFiles(Object.keys(texts), base, rules)
  const given = [texts['a.txt'], null, texts['c.txt'], '']
  t.same(
    files,
    Object.entries(texts).map(([name, text], index) => ({
      name,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
      text: given[index],
    })),
  )
  const onlyNames = await readContextFiles(['a.txt', 'empty.txt'], base, securityWith({ inlineContextBytes: 0 }))
  t.same(
    onlyNames.map(({ text }) => text),
    [null, ''],
  )
})

t.test('text in UTF-16 is given as text, text in an unknown encoding by name', async (t) => {
  const base = directoryOf(t)
  const text = 'Größe: 3\r\n'
  const little = Buffer.from(`\ufeff${text}`, 'utf16le')
  writeFileSync(join(base, 'little.log'), little)
  writeFileSync(join(base, 'big.log'), Buffer.from(little).swap16())
  writeFileSync(join(base, 'marked.log'), `\ufeff${text}`)
  writeFileSync(join(base, 'windows-1252.log'), Buffer.from(text, 'latin1'))
  const files = await readContextFiles(['little.log', 'big.log', 'marked.log', 'windows-1252.log'], base, security)
  t.same(
    files.map((file) => file.text),
    [text, text, text, null],
  )
})

t.test('a binary file is refused, whatever its size', async (t) => {
  const base = directoryOf(t)
  writeFileSync(join(base, 'small.db'), Buffer.from([83, 81, 76, 0, 1]))
  writeFileSync(join(base, 'large.db'), Buffer.concat([Buffer.alloc(7999, 'x'), Buffer.alloc(200_000)]))
  for (const name of ['small.db', 'large.db']) {
    await t.rejects(readContextFiles([name], base, security), { code: 'CONTEXT_FILE_BINARY', refused: true }, name)
  }
  // A log of a machine that lost power in the middle of it.
  writeFileSync(join(base, 'torn.log'), Buffer.concat([Buffer.alloc(8000, 'x'), Buffer.alloc(10)]))
  t.match(await readContextFiles(['torn.log'], base, security), [{ bytes: 8010, text: null }])
})

t.test(
  'what the policy keeps from Claude is not given either; what it asks a person about is given by name',
  async (t) => {
    const base = directoryOf(t)
    symlinkSync('sub/error.log', join(base, 'link'))
    const ruleOn = (decision: 'deny' | 'ask') => async (path: string) => {
      const isIt = path === join(base, 'sub', 'error.log')
      return { decision: isIt ? decision : ('allow' as const), rule: 'the.rule', why: 'It may not be read.' }
    }
    const read = (decision: 'deny' | 'ask') => readThem(['sync.log', 'link'], base, security, ruleOn(decision))
    await t.rejects(read('deny'), { code: 'CONTEXT_FILE_DENIED', refused: true, rule: 'the.rule' })
    t.match(await read('ask'), [{ text: 'x' }, { name: 'sub/error.log', text: null }])
  },
)

/**
 * A process that makes `sub` be its own folder and a link to `base-evil`, in turn, as fast as it can; now and then it rests, so that
 * on a busy machine the folder itself is seen too. Ends by itself, should nobody end it.
 */
const SWAPPER = `
const { renameSync } = require('node:fs')
const until = Date.now() + 60_000
for (let turn = 0; Date.now() < until; turn++) for (const name of ['real', 'decoy']) {
  renameSync(name, 'sub')
  if (turn % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  renameSync('sub', name)
}
`

t.test('a folder that is swapped for a link while its file is opened gives nothing from elsewhere', async (t) => {
  const base = directoryOf(t)
  renameSync(join(base, 'sub'), join(base, 'real'))
  writeFileSync(join(base, '..', 'base-evil', 'error.log'), 'stolen')
  symlinkSync('../base-evil', join(base, 'decoy'))
  const swapper = spawn(process.execPath, ['-e', SWAPPER], { cwd: base, stdio: 'ignore' })
  const outcomes: Record<string, number> = {}
  for (let round = 0; round < 1000 || (round < 100_000 && !outcomes.y); round++) {
    const outcome = await readContextFiles(['sub/error.log'], base, security).then(
      ([file]) => file?.text ?? 'named',
      (error: { code: string }) => error.code,
    )
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  swapper.kill('SIGKILL')
  await once(swapper, 'exit')
  t.ok(outcomes.y, 'the file itself was read at times')
  t.notOk(outcomes.stolen, JSON.stringify(outcomes))
})
