import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Metafile } from 'esbuild'
import { ROOT } from './bundle.ts'

interface Package {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** The folders of the npm packages of which something is in a bundle, relative to the root. */
export function bundledPackages(metafiles: readonly Metafile[]): readonly string[] {
  const folders = new Set<string>()
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder)
      }
    }
  }
  return [...folders].sort()
}

async function noticeOf(folder: string): Promise<string> {
  const directory = path.join(ROOT, folder)
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as Package
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort()
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')))
  if (license === undefined && texts.length === 0)
    throw new Error(`${name} says nothing of its licence; it cannot be bundled`)
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts.map((text) => text.trim())].join('\n\n')
}

/**
 * Writes the licences of all bundled packages to `file`, as most of them ask of whoever passes their code on. By hand, because
 * licence collectors read package.json, and only esbuild knows what of it really went into a bundle.
 */
export async function writeNotices(folders: readonly string[], file: string): Promise<void> {
  const notices = await Promise.all(folders.map(noticeOf))
  const head = 'Parts of these packages are inside the bundles of this package.'
  await writeFile(file, `${[head, ...notices].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`)
}
