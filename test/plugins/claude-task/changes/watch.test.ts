import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { watchChanges } from '../../../../plugins/claude-task/changes/watch.ts'

const digest = (content: string) => createHash('sha256').update(content).digest('hex')

t.test('what was created, changed and removed is told with its digests, and nothing else', async (t) => {
  const root = t.testdir({
    'same.txt': 'same',
    'edited.txt': 'old',
    'gone.txt': 'gone',
    'touched.txt': 'touched',
    sub: { deep: { 'moved.txt': 'moved' } },
    link: t.fixture('symlink', 'same.txt'),
  })
  const watch = watchChanges(root)
  await watch.ready
  writeFileSync(join(root, 'edited.txt'), 'newer')
  unlinkSync(join(root, 'gone.txt'))
  utimesSync(join(root, 'touched.txt'), 1, 1)
  renameSync(join(root, 'sub/deep/moved.txt'), join(root, 'moved.txt'))
  unlinkSync(join(root, 'link'))
  symlinkSync('/etc/passwd', join(root, 'link'))
  mkdirSync(join(root, 'fresh'))
  t.same(await watch.changes(), {
    complete: true,
    leftOut: 0,
    files: [
      { path: 'edited.txt', change: 'changed', kind: 'file', before: digest('old'), after: digest('newer'), size: 5 },
      {
        path: 'fresh',
        change: 'created',
        kind: 'directory',
        before: null,
        after: null,
        size: statSync(join(root, 'fresh')).size,
      },
      { path: 'gone.txt', change: 'removed', kind: 'file', before: digest('gone'), after: null, size: null },
      {
        path: 'link',
        change: 'changed',
        kind: 'link',
        before: digest('same.txt'),
        after: digest('/etc/passwd'),
        size: 11,
      },
      { path: 'moved.txt', change: 'created', kind: 'file', before: null, after: digest('moved'), size: 5 },
      { path: 'sub/deep/moved.txt', change: 'removed', kind: 'file', before: digest('moved'), after: null, size: null },
    ],
  })
})

t.test('a file that keeps size and times is found changed all the same', async (t) => {
  const root = t.testdir({ 'a.txt': 'one' })
  const file = join(root, 'a.txt')
  utimesSync(file, 1, 1)
  const watch = watchChanges(root)
  await watch.ready
  writeFileSync(file, 'two')
  utimesSync(file, 1, 1)
  t.match(await watch.changes(), { files: [{ path: 'a.txt', before: digest('one'), after: digest('two') }] })
})

t.test('a file too large to read is told without a digest', async (t) => {
  const root = t.testdir({ 'a.txt': 'small', 'b.txt': 'large file' })
  const watch = watchChanges(root, { maxEntries: 10, maxBytes: 6 })
  await watch.ready
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(root, name), 'larger than before')
  t.match(await watch.changes(), {
    complete: true,
    files: [
      { path: 'a.txt', change: 'changed', before: digest('small'), after: null, size: 18 },
      { path: 'b.txt', change: 'changed', before: null, after: null, size: 18 },
    ],
  })
})

t.test('in a tree too large to know, only what is known to have changed is told', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `${String(index).padStart(2, '0')}.txt`)
  const root = t.testdir(Object.fromEntries(names.map((name) => [name, name])))
  const watch = watchChanges(root, { maxEntries: 5, maxBytes: 1000 })
  await watch.lookFirst(join(root, '19.txt'))
  await watch.lookFirst(join(root, 'fresh.txt'))
  for (const name of [...names, 'fresh.txt']) writeFileSync(join(root, name), 'new')
  const { files, complete } = await watch.changes()
  t.equal(complete, false)
  t.ok(files.length <= 7)
  t.match(
    files.filter(({ path }) => ['19.txt', 'fresh.txt'].includes(path)),
    [
      { path: '19.txt', change: 'changed', before: digest('19.txt'), after: digest('new') },
      { path: 'fresh.txt', change: 'created', before: null, after: digest('new') },
    ],
  )
  t.notOk(
    files.some(({ change, path }) => change === 'created' && path !== 'fresh.txt'),
    'what was there is not called new',
  )
})

t.test('a file that was looked at before it was written has its digests, however much lies beside it', async (t) => {
  const root = t.testdir({ 'a.txt': 'more than is read', 'b.txt': 'more than is read' })
  const watch = watchChanges(root, { maxEntries: 10, maxBytes: 6 })
  await watch.ready
  const [first, second] = [watch.lookFirst(join(root, 'a.txt')), watch.lookFirst(join(root, 'a.txt'))]
  await first
  writeFileSync(join(root, 'a.txt'), 'new')
  await second
  await watch.lookFirst(join(root, 'a.txt'))
  writeFileSync(join(root, 'b.txt'), 'changed unseen')
  await watch.lookFirst(join(root, 'b.txt'))
  t.match(await watch.changes(), {
    complete: true,
    files: [
      { path: 'a.txt', change: 'changed', before: digest('more than is read'), after: digest('new') },
      { path: 'b.txt', change: 'changed', before: null },
    ],
  })
})

t.test('a folder that vanishes or can not be listed makes the look incomplete, not fail', async (t) => {
  const root = t.testdir({ sub: { 'a.txt': 'a' }, 'b.txt': 'b' })
  const watch = watchChanges(root)
  await watch.ready
  rmSync(root, { recursive: true })
  t.match(await watch.changes(), { complete: false, files: [] })
  if (process.geteuid?.() === 0) return
  const closed = t.testdir({ sub: { 'a.txt': 'a' } })
  chmodSync(join(closed, 'sub'), 0)
  t.match(await watchChanges(closed).changes(), { complete: false })
  chmodSync(join(closed, 'sub'), 0o700)
})

t.test('a long list is cut, and says by how much', async (t) => {
  const root = t.testdir({})
  const watch = watchChanges(root, { maxEntries: 100, maxBytes: 1000 }, 2)
  await watch.ready
  for (const name of ['c', 'a', 'b']) writeFileSync(join(root, name), name)
  t.match(await watch.changes(), { leftOut: 1, files: [{ path: 'a' }, { path: 'b' }] })
})
