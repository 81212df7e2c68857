import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { ROOT } from '../helpers/npm.ts'

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => existsSync(path.join(ROOT, file)))
const documents = files.filter((file) => file.endsWith('.md'))
const manifest = JSON.parse(read('package.json'))

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

/** The text without fenced blocks, where brackets and paths mean other things. */
function proseOf(document: string): string {
  return read(document).replaceAll(/^ *(```+|~~~+)[\s\S]*?^ *\1 *$/gm, '')
}

/** The anchors that a page gives its headings. */
function anchorsOf(document: string): ReadonlySet<string> {
  const headings = [...proseOf(document).matchAll(/^#+ +(.+)$/gm)].map((match) => match[1] ?? '')
  const explicit = [...proseOf(document).matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1] ?? '')
  const slugs = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
  return new Set([...slugs, ...explicit])
}

t.test('every link in the documents leads to a file and, where it names one, a heading', async (t) => {
  for (const document of documents) {
    for (const [, target = ''] of proseOf(document).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [place = '', anchor] = target.split('#')
      const file = place === '' ? document : path.posix.join(path.posix.dirname(document), place)
      t.ok(existsSync(path.join(ROOT, file)), `${document} → ${target}`)
      if (anchor !== undefined && file.endsWith('.md')) t.ok(anchorsOf(file).has(anchor), `${document} → ${target}`)
    }
  }
})

t.test('every file of the project that the documents name is there', async (t) => {
  const named = /`((?:core|docs|test|plugins|plugin-sdk|examples|scripts|bench|bin|\.ci)\/[\w./-]+)`/g
  for (const document of documents) {
    for (const [, file = ''] of proseOf(document).matchAll(named)) {
      if (/(^|\/)dist(\/|$)/.test(file)) continue
      t.ok(existsSync(path.join(ROOT, file)), `${document} names ${file}`)
    }
  }
})

t.test('every npm script that is spoken of exists', async (t) => {
  const spoken = files.filter(
    (file) => /\.(md|ts|js|cjs)$|^\.ci\/|^\.taprc$/.test(file) && file !== 'test/house/tree.test.ts',
  )
  for (const file of spoken) {
    for (const [, name = ''] of read(file).matchAll(/npm run ([a-z][\w-]*(?::[\w-]+)*)/g)) {
      t.ok(name in manifest.scripts, `${file} speaks of npm run ${name}`)
    }
  }
})

t.test('CONTRIBUTING.md tells every npm script, and no other', async (t) => {
  const table = [...read('CONTRIBUTING.md').matchAll(/^\| `([\w:-]+)` \|/gm)].map((match) => match[1])
  // npm calls prepare by itself.
  t.strictSame(
    table.sort(),
    Object.keys(manifest.scripts)
      .filter((name) => name !== 'prepare')
      .sort(),
  )
})

t.test('the changelog has one heading a version, newest first, and knows this one', async (t) => {
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '')
  for (const heading of headings) t.match(heading, /^\[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d\d-\d\d)?$/)
  t.equal(headings[0], '[Unreleased]')
  t.match(read('CHANGELOG.md'), manifest.version)
  const kinds = [...read('CHANGELOG.md').matchAll(/^### (.+)$/gm)].map((match) => match[1])
  for (const kind of kinds) t.match(kind, /^(Added|Changed|Deprecated|Removed|Fixed|Security)$/)
})

t.test('the packages that are published together have one version and one licence', async (t) => {
  const sdk = JSON.parse(read('plugin-sdk/package.json'))
  t.equal(sdk.version, manifest.version)
  t.equal(sdk.license, manifest.license)
  t.equal(read('plugin-sdk/LICENSE'), read('LICENSE'))
})

t.test('nothing names a path or a registry of the machine it was made on', async (t) => {
  const machine = new RegExp(
    ['(?<![\\w.$}~-])/(?:work|workspace|Users/[a-z]+)/', `(?<![\\w.-])${ROOT}(?![\\w.-])`].join('|'),
  )
  const texts = files.filter(
    (file) => statSync(path.join(ROOT, file)).size < 2 ** 20 && !/\.(png|ico|gz|tgz)$/.test(file),
  )
  for (const file of texts) {
    const found = file === 'test/house/tree.test.ts' ? undefined : machine.exec(read(file))?.[0]
    t.equal(found, undefined, file)
  }
  t.notMatch(read('package-lock.json'), /"resolved": "https?:/)
})
