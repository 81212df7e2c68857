import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { pack, plainEnvironment, ROOT } from '../helpers/npm.ts'

const run = promisify(execFile)
const ATTW = path.join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')

/** `plugin new` copies this folder to become a package of its own; where it lies nobody imports from it. */
const COPIED = './dist/author-sdk/package.json'

for (const folder of ['.', 'plugin-sdk']) {
  const source = path.join(ROOT, folder)
  t.test(`the package in ${folder} resolves for every kind of importer`, async (t) => {
    const { tarball, files } = await pack(source, t.testdir({}))

    t.test('every export leads to a file, and none to a wrong one', async (t) => {
      const bytes = await readFile(tarball)
      const { messages, pkg } = await publint({
        pack: { tarball: Uint8Array.from(bytes).buffer },
        strict: true,
      })
      const sentences = messages.map((message) => formatMessage(message, pkg ?? {}) ?? message.code)
      t.strictSame(
        sentences.filter((sentence) => !sentence.startsWith(COPIED)),
        [],
      )
    })

    t.test('the types tell the truth about the code', async (t) => {
      const args = [ATTW, tarball, '--profile', 'esm-only', '--format', 'json']
      const { stdout } = await run(process.execPath, args, { env: plainEnvironment(), maxBuffer: 2 ** 26 })
      const { analysis } = JSON.parse(stdout)
      t.equal(analysis.types?.kind, 'included')
      // What only CommonJS or pre-2022 importers meet is left to the profile: the packages are ES modules.
      const ours = analysis.problems.filter((problem: { resolutionKind?: string }) => {
        return problem.resolutionKind === undefined || !['node10', 'node16-cjs'].includes(problem.resolutionKind)
      })
      t.strictSame(ours, [])
    })

    t.test('it holds its licence and those of others, and nothing that only we need', async (t) => {
      t.ok(files.includes('LICENSE'))
      t.ok(files.includes('dist/THIRD-PARTY-NOTICES.txt'))
      t.strictSame(
        files.filter((file) => /(^|\/)(test|node_modules|scripts|bench|\.tap|\.compile-cache)\//.test(file)),
        [],
      )
    })
  })
}
