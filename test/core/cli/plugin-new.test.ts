import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { agentFolder, cli } from './cli.ts'

const ROOT = path.join(import.meta.dirname, '../../..')

t.test('plugin new makes a plugin whose types and tests hold as they are, in both languages', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['plugin', 'new', 'acme_one']), { code: 0, stdout: /^acme_one is in acme_one: index\.ts/ })
  const { code, stdout } = await cli(folder, [
    'plugin',
    'new',
    'acme_two',
    '--language',
    'javascript',
    '--dir',
    'two',
    '--json',
  ])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { name: 'acme_two', files: ['index.js', 'index.test.js', 'package.json'] })

  const one = path.join(folder, 'acme_one')
  for (const made of [one, path.join(folder, 'two')]) {
    execFileSync(process.execPath, ['--conditions=gururmm-source', '--test'], {
      cwd: made,
      stdio: 'pipe',
      env: { PATH: process.env.PATH },
    })
  }
  // What `npm install` would bring
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(one, 'node_modules', name), 'junction')
  }
  const tsc = (folder: string) =>
    execFileSync(
      process.execPath,
      [path.join(ROOT, 'node_modules/typescript/lib/tsc.js'), '--customConditions', 'gururmm-source'],
      { cwd: folder, stdio: 'pipe', encoding: 'utf8' },
    )
  t.equal(tsc(one), '')
  const file = path.join(one, 'index.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('ctx.config.owner', 'ctx.config.ovner'))
  t.throws(() => tsc(one), 'a misspelt key is a type error')

  t.match(await cli(one, ['plugin', 'manifest', '--check']), { code: 0 })
  writeFileSync(file, readFileSync(file, 'utf8').replace('timeoutSeconds: 30', 'timeoutSeconds: 31'))
  t.match(await cli(one, ['plugin', 'manifest', '--check']), { code: 1, stderr: /not what the code says/ })
  t.match(await cli(one, ['plugin', 'manifest']), { code: 0, stdout: /^Wrote/ })
  t.match(await cli(one, ['plugin', 'manifest', '--check']), { code: 0 })
})

t.test('plugin new refuses names and folders, and says what would do', async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['plugin', 'new', 'Acme-Inventory']), { code: 64, stderr: /how about acme_inventory\?/ })
  t.match(await cli(folder, ['plugin', 'new', '9']), { code: 64, stderr: /beginning with a letter/ })
  t.match(await cli(folder, ['plugin', 'new', 'shell']), { code: 64, stderr: /shipped with the agent.*acme_shell/ })
  mkdirSync(path.join(folder, 'acme', 'x'), { recursive: true })
  t.match(await cli(folder, ['plugin', 'new', 'acme']), { code: 1, stderr: /not empty.*--dir/ })
})

t.test('plugin pack makes the same .tgz each time', async (t) => {
  const folder = agentFolder(t)
  await cli(folder, ['plugin', 'new', 'acme', '--language', 'javascript'])
  t.match(await cli(folder, ['plugin', 'pack', 'acme']), { code: 0, stdout: /acme-0\.1\.0\.tgz: 4 files/ })
  const { stdout } = await cli(folder, ['plugin', 'pack', 'acme', '--out', 'b.tgz', '--json'])
  t.match(JSON.parse(stdout), { name: 'acme', version: '0.1.0', integrity: /^sha256-/, files: { length: 4 } })
  const read = (name: string) => readFileSync(path.join(folder, name))
  t.ok(read('acme-0.1.0.tgz').equals(read('b.tgz')))
})
