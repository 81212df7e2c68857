import t from 'tap'
import { isTypeScript, javaScriptName, pointToJavaScript, stripTypes } from '../../../core/author/javascript.ts'

t.test('types go, and lines and columns stay', async (t) => {
  const source = "import { type A, b } from './b.ts'\nexport const c: number = b as number // d\n"
  const code = stripTypes(source)
  t.equal(code.length, source.length)
  t.match(code, /^export const c {9}= b {10} \/\/ d$/m)
  t.throws(() => stripTypes('enum A { b }'), { code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' })
})

t.test('imports of TypeScript files name what became of them, and nothing else changes', async (t) => {
  const text = [
    "import a from './a.ts'",
    "export * from '../b.mts'",
    "export { c } from './c.d.ts'",
    "const d = await import('./d.ts')",
    "import e from 'e.ts'",
    "// import f from './f.ts'",
    'const g = "from \'./g.ts\'"',
    "import h from './h.json' with { type: 'json' }",
  ]
  t.strictSame(pointToJavaScript(text.join('\n')).split('\n'), [
    'import a from "./a.js"',
    'export * from "../b.mjs"',
    text[2],
    'const d = await import("./d.js")',
    ...text.slice(4),
  ])
})

t.test('declarations are no code', async (t) => {
  t.strictSame(['a.ts', 'a.mts', 'a.d.ts', 'a.js', 'ts'].map(isTypeScript), [true, true, false, false, false])
  t.strictSame(['a/b.ts', 'c.mts', 'd.js'].map(javaScriptName), ['a/b.js', 'c.mjs', 'd.js'])
})
