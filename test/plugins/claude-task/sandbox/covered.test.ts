import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findCovered, setAside } from '../../../../plugins/claude-task/sandbox/covered.ts'

const PATTERNS = ['.git/hooks', '.bashrc', '*.pem']

t.test('what patterns cover is found in every folder, by its outermost name, and through no link', async (t) => {
  const directory = t.testdir({
    a: { 'x.pem': '', '.git': { hooks: { 'post-checkout': '' } } },
    '.bashrc': '',
    'x.txt': '',
    link: t.fixture('symlink', 'a'),
    'y.pem': t.fixture('symlink', 'x.txt'),
  })
  const { found, complete } = await findCovered(directory, PATTERNS)
  t.same(
    new Set(found.map(({ path, isFolder }) => `${path.slice(directory.length + 1)} ${isFolder}`)),
    new Set(['a/x.pem false', 'a/.git/hooks true', '.bashrc false']),
  )
  t.ok(complete)
})

t.test(
  'what was made meanwhile gets another name; what was there keeps its own',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const directory = t.testdir({ '.bashrc': 'old', sub: {} })
    const before = await findCovered(directory, PATTERNS)
    mkdirSync(join(directory, 'sub', '.git', 'hooks'), { recursive: true })
    writeFileSync(join(directory, 'sub', '.git', 'hooks', 'post-checkout'), 'evil')
    writeFileSync(join(directory, 'sub', '.bashrc'), 'evil')
    writeFileSync(join(directory, 'fine.txt'), 'fine')
    const aside = await setAside(directory, PATTERNS, before)
    t.same(new Set(aside), new Set([join(directory, 'sub', '.bashrc'), join(directory, 'sub', '.git', 'hooks')]))
    t.equal(readFileSync(join(directory, '.bashrc'), 'utf8'), 'old')
    t.ok(existsSync(join(directory, 'fine.txt')))
    t.match(readdirSync(join(directory, 'sub')).join(' '), /^\.bashrc\.set-aside-[0-9a-f]{8} \.git$/)
    t.same(await setAside(directory, PATTERNS, before), [], 'the new name has no effect')
  },
)

t.test(
  'a folder that was swapped for a link is not followed out',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const root = t.testdir({ outside: { '.bashrc': 'theirs' }, base: {} })
    const directory = join(root, 'base')
    const before = await findCovered(directory, PATTERNS)
    symlinkSync('../outside', join(directory, 'sub'))
    t.same(await setAside(directory, PATTERNS, before), [])
    t.ok(existsSync(join(root, 'outside', '.bashrc')))
  },
)
