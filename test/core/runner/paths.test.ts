import { posix, win32 } from 'node:path'
import t from 'tap'
import { isInside, pathProblem } from '../../../core/runner/index.ts'

t.test('a directory is inside itself and what lies above it, and nowhere else', async (t) => {
  for (const path of ['/base', '/base/', '/base/a/b', '/base/..a', '/base/a/../b'])
    t.equal(isInside('/base', path, posix), true, path)
  for (const path of ['/base-evil', '/bas', '/', '/base/..', '/base/../x', '/other'])
    t.equal(isInside('/base', path, posix), false, path)
  t.equal(isInside('/', '/anything', posix), true)
})

t.test('on Windows case does not count, another drive is elsewhere, and so is a twin', async (t) => {
  for (const path of ['C:\\Shares\\Test', 'c:\\shares\\TEST\\a', 'C:/shares/test/a']) {
    t.equal(isInside('C:\\Shares\\test', path, win32), true, path)
  }
  for (const path of [
    'D:\\Shares\\test',
    'C:\\Shares\\test-evil',
    'C:\\Shares',
    '\\\\srv\\share',
    'C:\\Shares\\test\\..\\x',
  ]) {
    t.equal(isInside('C:\\Shares\\test', path, win32), false, path)
  }
})

t.test('a Unix path has to be absolute and without NUL', async (t) => {
  t.equal(pathProblem('/a b/ü', 'linux'), null)
  for (const path of ['', 'a', './a', '~', '/a\0b']) t.type(pathProblem(path, 'linux'), 'string', JSON.stringify(path))
})

t.test('plain Windows paths pass', async (t) => {
  for (const path of [
    'C:\\',
    'c:/shares/test',
    'C:\\Shares\\test\\..\\other',
    'C:\\Program Files (x86)\\a.b',
    'C:\\PROGRA~1',
    'C:\\console\\null\\com10',
  ]) {
    t.equal(pathProblem(path, 'win32'), null, path)
  }
})

t.test('Windows paths that mean something else than they look like are refused', async (t) => {
  for (const path of [
    '\\\\server\\share',
    '//server/share',
    '\\\\?\\C:\\x',
    '\\\\.\\PhysicalDrive0',
    '\\??\\C:\\x',
    'C:folder',
    'C:',
    '\\folder',
    'folder',
    'C:\\a\\b.txt:stream',
    'C:\\a::$INDEX_ALLOCATION',
    'C:\\NUL',
    'C:\\a\\con.txt',
    'C:\\a\\COM1.x.y',
    'C:\\a\\lpt¹',
    'C:\\aux .txt',
    'C:\\a.\\b',
    'C:\\a \\b',
    'C:\\a\\b.',
    'C:\\a\\...',
    'C:\\a*',
    'C:\\a?b',
    'C:\\a\u0007',
    'C:\\a\0',
  ]) {
    t.type(pathProblem(path, 'win32'), 'string', JSON.stringify(path))
  }
})
