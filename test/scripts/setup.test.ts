import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { directoryOutside } from '../helpers/outside.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const CARRIER = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const NODE = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'

/** Stands in for npm: notes that it was called, and installs what package-lock.json names, as far as the set-up looks at it. */
const NPM = `
const fs = require('fs')
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
fs.rmSync('node_modules', { recursive: true, force: true })
fs.cpSync('to-install', 'node_modules', { recursive: true, verbatimSymlinks: true })
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')
`
const BUILD = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('builds', 'built\\n')
mkdirSync('dist', { recursive: true })
writeFileSync('dist/THIRD-PARTY-NOTICES.txt', '')
`

function lock(version: string): string {
  return JSON.stringify({
    packages: {
      '': {},
      'node_modules/lib': { version },
      'node_modules/for-others': { version: '1.0.0', optional: true },
      'node_modules/own': { link: true },
    },
  })
}

/** A clone with nothing installed. */
function clone(t: Test): string {
  const folder = directoryOutside(t, {
    'package-lock.json': lock('1.0.0'),
    'package.json': '{}',
    '.taprc': 'jobs: 2\n',
    'npm-cli.js': NPM,
    'hello.js': 'console.log("hello", process.version, process.env.PATH ?? process.env.Path)',
    bin: { 'package.json': '{"type":"commonjs"}' },
    core: { 'a.ts': '' },
    'plugin-sdk': {},
    plugins: {},
    scripts: { build: {}, 'build.ts': BUILD },
    'to-install': { '.bin': {}, esbuild: {}, tap: { dist: { esm: { 'run.mjs': '' } } }, [CARRIER]: { bin: {} } },
  })
  for (const file of ['scripts/setup.cjs', 'bin/runtime.js'])
    copyFileSync(path.join(ROOT, file), path.join(folder, file))
  symlinkSync(process.execPath, path.join(folder, 'to-install', CARRIER, NODE))
  return folder
}

function setUp(
  folder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  nodeArgs: readonly string[] = [],
) {
  const npm = path.join(folder, 'npm-cli.js')
  const ended = spawnSync(process.execPath, [...nodeArgs, 'scripts/setup.cjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: npm, npm_config_user_agent: 'npm/7.0.0 node/v16', ...env },
  })
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr }
}

function linesOf(folder: string, file: string): readonly string[] {
  const place = path.join(folder, file)
  return existsSync(place) ? readFileSync(place, 'utf8').trim().split('\n') : []
}

/** Makes the machine's Node another version, for this process only. */
function pretend(folder: string, version: string): readonly string[] {
  const file = path.join(folder, 'pretend.cjs')
  writeFileSync(
    file,
    `Object.defineProperty(process, 'version', { value: 'v${version}' })
     Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })
     process.execve = undefined`,
  )
  return ['--require', file]
}

t.test('a fresh clone is installed, prepared, and goes on with what was asked for', async (t) => {
  const folder = clone(t)
  const { code, stdout } = setUp(folder, ['hello.js'])
  t.equal(code, 0)
  t.match(stdout, new RegExp(`hello v.* ${path.join(folder, 'node_modules/.bin').replaceAll('\\', '\\\\')}`))
  t.match(linesOf(folder, 'npm-calls'), [/^ci .*--include=dev --include=optional/])
  t.strictSame(linesOf(folder, 'builds'), ['built'])
  t.ok(
    existsSync(path.join(folder, 'node_modules/.bin', process.platform === 'win32' ? 'node.cmd' : 'node')),
    'node is linked',
  )
})

t.test('what is in place is neither installed nor built again', async (t) => {
  const folder = clone(t)
  setUp(folder)
  t.match(setUp(folder, ['hello.js']), { code: 0, stdout: /hello/ })
  t.equal(linesOf(folder, 'npm-calls').length, 1)
  t.equal(linesOf(folder, 'builds').length, 1)
})

t.test('packages are installed anew when package-lock.json names another version', async (t) => {
  const folder = clone(t)
  setUp(folder)
  writeFileSync(path.join(folder, 'package-lock.json'), lock('1.0.1'))
  t.equal(setUp(folder).code, 0)
  t.equal(linesOf(folder, 'npm-calls').length, 2)
})

t.test('a newer source is built before the start', async (t) => {
  const folder = clone(t)
  setUp(folder)
  const soon = Date.now() / 1000 + 60
  utimesSync(path.join(folder, 'core/a.ts'), soon, soon)
  t.equal(setUp(folder).code, 0)
  t.equal(linesOf(folder, 'npm-calls').length, 1)
  t.equal(linesOf(folder, 'builds').length, 2)
})

t.test('where npm brought no Node, the machine’s own does if it is new enough', async (t) => {
  const folder = clone(t)
  rmSync(path.join(folder, 'to-install', CARRIER), { recursive: true })
  t.equal(setUp(folder, ['hello.js']).code, 0)
  const { code, stderr } = setUp(folder, ['hello.js'], {}, pretend(folder, '20.20.2'))
  t.equal(code, 1)
  t.match(stderr, /expected Node 22\.18 or newer, found v20\.20\.2.*npm ci --include=optional/s)
})

t.test('an npm or a Node too old to install with is told so before anything happens', async (t) => {
  const folder = clone(t)
  t.match(setUp(folder, [], { npm_config_user_agent: 'npm/6.14.0 node/v16' }), { code: 1, stderr: /expected npm 7/ })
  t.match(setUp(folder, [], {}, pretend(folder, '14.21.3')), { code: 1, stderr: /expected Node 16/ })
  t.strictSame(linesOf(folder, 'npm-calls'), [])
})

t.test('a failing install ends with what to do', async (t) => {
  const folder = clone(t)
  writeFileSync(path.join(folder, 'npm-cli.js'), 'process.exit(1)')
  t.match(setUp(folder, ['hello.js']), { code: 1, stdout: '', stderr: /npm ci` failed/ })
})

t.test('the program that was asked for decides the exit code', async (t) => {
  const folder = clone(t)
  mkdirSync(path.join(folder, 'x'))
  writeFileSync(path.join(folder, 'x/seven.js'), 'process.exit(7)')
  t.equal(setUp(folder, ['x/seven.js']).code, 7)
  t.equal(setUp(folder, ['x/seven.js'], {}, pretend(folder, '20.20.2')).code, 7)
})
