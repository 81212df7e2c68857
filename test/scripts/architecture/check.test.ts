import t, { type Test } from 'tap'
import { checkArchitecture } from '../../../scripts/architecture/check.ts'

interface Tree {
  readonly [name: string]: string | Tree
}

async function failuresOf(t: Test, tree: Tree): Promise<readonly string[]> {
  const manifest = JSON.stringify({ devDependencies: { ws: '8' } })
  const { failures } = await checkArchitecture(t.testdir({ 'package.json': manifest, ...tree }))
  return failures
}

const SDK = "import { definePlugin } from '@gururmm/plugin-sdk'\n"

t.test('imports along the rule are fine', async (t) => {
  t.strictSame(
    await failuresOf(t, {
      core: {
        link: { 'a.ts': "import '../protocol/a.ts'\nimport 'node:fs'\nimport 'fs/promises'\nimport ws from 'ws'\n" },
        protocol: { 'a.ts': SDK },
        agent: { 'a.ts': `${SDK}import '../link/a.ts'\nimport './b/c.ts'\n` },
      },
      'plugin-sdk': { 'index.ts': "import './a.ts'\n" },
      plugins: { shell: { 'index.ts': `${SDK}import './a/b.ts'\n`, a: { 'b.ts': "import '../c.ts'\n" } } },
      examples: {
        server: { 'a.ts': "import type { X } from 'gururmm-agent/protocol'\n" },
        plugins: { disk: { 'index.ts': `${SDK}import '@gururmm/plugin-sdk/testing'\n` } },
      },
      test: { 'a.ts': "import '../core/link/a.ts'\n" },
    }),
    [],
  )
})

const broken: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'core imports a plugin': ['core/agent/a.ts', "import type { A } from '../../plugins/shell/index.ts'"],
  'core reaches into the SDK by path': ['core/agent/a.ts', "import '../../plugin-sdk/index.ts'"],
  'core imports a test': ['core/agent/a.ts', "await import('../../test/a.ts')"],
  'the minimal core imports another room': ['core/dispatch/a.ts', "export * from '../journal/a.ts'"],
  'a plugin imports core': ['plugins/shell/index.ts', "import '../../core/agent/a.ts'"],
  'a plugin imports another plugin': ['plugins/shell/index.ts', "import '../claude-task/index.ts'"],
  'a plugin imports one whose name begins like its own': ['plugins/shell/index.ts', "import '../shell-twin/index.ts'"],
  'a plugin imports the protocol': ['plugins/shell/index.ts', "import 'gururmm-agent/protocol'"],
  'a plugin imports the inside of the SDK': ['plugins/shell/index.ts', "import '@gururmm/plugin-sdk/errors'"],
  'the SDK imports core': ['plugin-sdk/index.ts', "import '../core/agent/a.ts'"],
  'an example plugin imports core': ['examples/plugins/disk/index.ts', "import '../../../core/agent/a.ts'"],
  'the example server imports core by path': ['examples/server/a.ts', "import '../../core/protocol/index.ts'"],
  'the example server imports the SDK': ['examples/server/a.ts', "import '@gururmm/plugin-sdk'"],
  'an npm package is in no package.json': ['core/agent/a.ts', "import '@scope/thing/sub'"],
}

for (const [title, [file, text]] of Object.entries(broken)) {
  t.test(`it is an error when ${title}`, async (t) => {
    const tree = file.split('/').reduceRight<unknown>((inner, name) => ({ [name]: inner }), `${text}\n`) as Tree
    const failures = await failuresOf(t, tree)
    t.equal(failures.length, 1)
    t.ok(failures[0]?.startsWith(`${file} imports `), failures.join())
  })
}

t.test('a package that only the plugin’s own package.json names is free to it, and to no other', async (t) => {
  const own = JSON.stringify({ dependencies: { re2js: '2' } })
  const failures = await failuresOf(t, {
    plugins: {
      shell: { 'package.json': own, a: { 'b.ts': "import 're2js'\n" } },
      other: { 'index.ts': "import 're2js'\n" },
    },
  })
  t.match(failures, [/^plugins\/other\/index\.ts imports re2js/])
  t.equal(failures.length, 1)
})

t.test('rooms of core that import each other in a circle are named once, with a file for each step', async (t) => {
  const failures = await failuresOf(t, {
    core: {
      a: { 'one.ts': "import '../b/two.ts'\n" },
      b: { 'two.ts': "import type { X } from '../c/three.ts'\n" },
      c: { 'three.ts': "import '../a/one.ts'\n", 'four.ts': "import './three.ts'\n" },
      d: { 'five.ts': "import '../a/one.ts'\n" },
    },
  })
  t.equal(failures.length, 1)
  t.match(
    failures[0],
    /core\/a → core\/b → core\/c → core\/a \(core\/a\/one\.ts, core\/b\/two\.ts, core\/c\/three\.ts\)/,
  )
})

const lines = (count: number) => 'const line = 1\n'.repeat(count)

t.test('the minimal core has 1,500 lines of code at most, its three rooms together', async (t) => {
  const rooms = (last: number) => ({
    core: {
      link: { 'a.ts': lines(250), 'b.ts': lines(250) },
      protocol: { 'a.ts': lines(250), 'b.ts': lines(250) },
      dispatch: { 'a.ts': lines(250), 'b.ts': lines(last) },
      agent: { 'a.ts': lines(250) },
    },
  })
  t.strictSame(await failuresOf(t, rooms(250)), [])
  t.match(await failuresOf(t, rooms(251)), [/minimal core .* has 1501 lines/])
})

t.test('a file of more than 250 lines is a warning, of more than 300 an error, wherever it is', async (t) => {
  const tree = {
    'package.json': '{}',
    test: { 'a.ts': lines(250), 'b.ts': lines(251), 'c.ts': lines(300), 'd.ts': lines(301) },
  }
  const { failures, warnings } = await checkArchitecture(t.testdir(tree))
  t.match(failures, [/^test\/d\.ts has 301 lines/])
  t.match(warnings, [/^test\/b\.ts/, /^test\/c\.ts/])
  t.equal(failures.length + warnings.length, 3)
})
