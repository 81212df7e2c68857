import t from 'tap'
import { importsOf, readSources } from '../../../scripts/architecture/imports.ts'

t.test('every form of import is found', async (t) => {
  const forms = {
    'import a from "x"': 'x',
    "import type { A } from './a.ts'": './a.ts',
    "import { a, type B } from './a.ts'": './a.ts',
    "import {\n  a,\n  b,\n} from './a.ts'": './a.ts',
    "import * as a from 'x'": 'x',
    "import './a.ts'": './a.ts',
    "export * from './a.ts'": './a.ts',
    "export { a } from './a.ts'": './a.ts',
    "export type { A } from './a.ts'": './a.ts',
    "const a = await import('./a.ts')": './a.ts',
    "const a = require('x')": 'x',
    "type A = import('./a.ts').A": './a.ts',
  }
  for (const [text, name] of Object.entries(forms)) t.strictSame(importsOf(text), [name], text)
})

t.test('several imports on end are all found, each name once', async (t) => {
  t.strictSame(importsOf("import a from 'b'\nimport b from 'a'\nexport const c = 1\nimport type { D } from 'a'\n"), [
    'a',
    'b',
  ])
})

t.test('texts that import nothing stay without imports', async (t) => {
  t.strictSame(importsOf("export const from = 'x'\nconst name = 'import'\n"), [])
})

t.test('sources are read with their lines; installed, built and broken-on-purpose ones are left out', async (t) => {
  const root = t.testdir({
    core: {
      'a.ts': "import 'x'\n\n",
      'a.json': '{}',
      'b.cjs': 'x',
      node_modules: { 'c.ts': '' },
      dist: { 'c.ts': '' },
    },
  })
  t.strictSame(await readSources(root, ['core', 'plugins']), [
    { file: 'core/a.ts', lines: 2, codeLines: 1, imports: ['x'] },
    { file: 'core/b.cjs', lines: 1, codeLines: 1, imports: [] },
  ])
})
