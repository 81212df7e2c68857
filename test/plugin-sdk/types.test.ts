import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const types = join(root, 'test/plugin-sdk/types')
const files = readdirSync(types)

function tsc(...args: string[]): { code: number | null; output: string } {
  const bin = join(root, 'node_modules/typescript/lib/tsc.js')
  const { status, stdout } = spawnSync(process.execPath, [bin, ...args], { cwd: root, encoding: 'utf8' })
  return { code: status, output: stdout }
}

test('the type tests are part of the type check', async (t) => {
  const { output } = tsc('-p', '.', '--listFilesOnly')
  const checked = output.split(/\r?\n/).map((file) => file.replaceAll('\\', '/'))
  t.ok(files.length >= 2)
  for (const file of files)
    t.ok(
      checked.some((path) => path.endsWith(`test/plugin-sdk/types/${file}`)),
      file,
    )
})

test('each line that must not compile is an error of its own', async (t) => {
  // Beside the original, so that it resolves the same packages
  const dir = join(root, `test/plugin-sdk/.types-${process.pid}`)
  mkdirSync(dir)
  t.teardown(() => rmSync(dir, { recursive: true }))
  const source = readFileSync(join(types, 'refuses.ts'), 'utf8')
  const expected = source.split('\n').flatMap((line, index) => (line.includes('@ts-expect-error') ? [index + 2] : []))
  writeFileSync(join(dir, 'refuses.ts'), source.replaceAll('@ts-expect-error', 'expected:'))
  const config = { extends: join(root, 'tsconfig.json'), files: ['refuses.ts'], include: [] }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
  const { code, output } = tsc('-p', dir, '--pretty', 'false')
  const lines = [...output.matchAll(/refuses\.ts\((\d+),/g)].map((found) => Number(found[1]))
  t.not(code, 0)
  t.ok(expected.length > 20)
  t.same([...new Set(lines)], expected)
})
