import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { build } from 'esbuild'
import t from 'tap'
import { builtins } from '../../../scripts/build/builtins.ts'
import { directoryOutside } from '../../helpers/outside.ts'

const CODE = `
import { execFile, spawnSync } from 'node:child_process'
import { constants as flags } from 'node:fs'
import { constants, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
const isLoaded = () => process.moduleLoadList.includes('NativeModule child_process')
const before = isLoaded()
const { stdout } = await promisify(execFile)(process.execPath, ['-p', '1 + 1'])
const text = await readFile(import.meta.filename, 'utf8')
const { status } = spawnSync(process.execPath, ['-e', 'process.exit(3)'])
const constant = constants.R_OK === flags.R_OK
console.log(JSON.stringify({ before, after: isLoaded(), stdout, read: text.length > 0, status, constant }))
`

t.test('functions of modules that are needed late take them at their first call, and do what those do', async (t) => {
  const folder = directoryOutside(t, { 'code.mjs': CODE })
  const outfile = path.join(folder, 'bundle.mjs')
  const entry = path.join(folder, 'code.mjs')
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', plugins: [builtins] })
  const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  t.equal(stderr, '')
  const expected = { before: false, after: true, stdout: '2\n', read: true, status: 3, constant: true }
  t.strictSame(JSON.parse(stdout), expected)
})
