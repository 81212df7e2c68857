import t from 'tap'
import { callInsteadOfImport } from '../../../scripts/build/start-bundle.ts'

t.test('every import() becomes a call, and nothing else changes', async (t) => {
  const text = `
    const a = await0(import('a'))
    // import('in a comment')
    const b = "import('in a text')", reimport = (x) => x, o = { import: 1 }
    reimport(import(b + (async () => (await import('nested')).import)))
    // ends in import`
  const expected = text
    .replace("import('a')", "importModule('a')")
    .replace('reimport(import(b', 'reimport(importModule(b')
    .replace("import('nested')", "importModule('nested')")
  t.equal(callInsteadOfImport(text), expected)
})

t.test('a text without any stays as it is', async (t) => {
  t.equal(callInsteadOfImport("console.log('import')"), "console.log('import')")
})
