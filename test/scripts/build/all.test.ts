import { readdir, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { manifestOf } from '@gururmm/plugin-sdk'
import t from 'tap'
import { importsOf } from '../../../scripts/architecture/imports.ts'
import { buildAll, NOTICES } from '../../../scripts/build/all.ts'
import { ROOT } from '../../../scripts/build/bundle.ts'
import { shippedPlugins } from '../../../scripts/build/plugins.ts'

/** Every file below `folder` with its content. */
async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  const contents = files
    .sort()
    .map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')] as const)
  return Object.fromEntries(await Promise.all(contents))
}

t.test('what is built', async (t) => {
  const root = t.testdir({})
  const build = async (name: string) => {
    await buildAll(path.join(root, name, 'agent'), path.join(root, name, 'sdk'))
    return contentOf(path.join(root, name))
  }
  const [first, second] = await Promise.all([build('first'), build('second')])
  const code = Object.entries(first).filter(([file]) => file.endsWith('.js'))

  t.test('the same sources give the same bytes', async (t) => t.strictSame(first, second))

  t.test('nothing in it tells where it was built', async (t) => {
    t.strictSame(
      Object.keys(first).filter((file) => first[file]?.includes(ROOT)),
      [],
    )
  })

  t.test('the code needs no node_modules: it imports only itself, Node, and the SDK in plugins', async (t) => {
    for (const [file, text] of code) {
      // Import statements only: libraries try optional packages by require and go on without.
      const names = [...text.matchAll(/^(?:import|export)[^'"]*?(?:from )?"([^"]+)";$/gm)].map(
        (match) => match[1] ?? '',
      )
      const foreign = names.filter((name) => !name.startsWith('.') && !isBuiltin(name))
      const allowed = file.startsWith(path.join('agent', 'plugins'))
        ? foreign.filter((name) => name !== '@gururmm/plugin-sdk')
        : foreign
      t.strictSame(allowed, [], file)
    }
  })

  t.test('each plugin imports the SDK by name, and its manifest says what its code declares', async (t) => {
    const plugins = await shippedPlugins()
    t.not(plugins.length, 0)
    for (const folder of plugins) {
      const place = path.join('agent', 'plugins', folder)
      const { default: plugin } = await import(path.join(ROOT, 'plugins', folder, 'index.ts'))
      const { version } = JSON.parse(first[path.join(place, 'package.json')] ?? '')
      t.ok(importsOf(first[path.join(place, 'index.js')] ?? '').includes('@gururmm/plugin-sdk'), folder)
      const manifest = JSON.parse(first[path.join(place, 'gururmm.plugin.json')] ?? '')
      t.strictSame(manifest, manifestOf(plugin, { version, entry: './index.js' }))
    }
  })

  t.test('each library inside is named with its licence', async (t) => {
    for (const kind of ['agent', 'sdk']) {
      const texts = code
        .filter(([file]) => file.startsWith(kind))
        .map(([, text]) => text)
        .join()
      const inside = new Set(
        [...texts.matchAll(/^\s*\/\/ (?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map((match) => match[1]),
      )
      t.not(inside.size, 0)
      for (const name of inside)
        t.match(first[path.join(kind, NOTICES)], new RegExp(`^${name} \\d[^\\n]* \\(.+\\)$`, 'm'))
    }
  })
})
