import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MANIFEST_FILE } from '@gururmm/plugin-sdk'
import type { Installation } from '../agent/installation.ts'
import { declaredManifest, writeManifest } from './declare.ts'
import { packageError } from './package-error.ts'
import { pluginCode, testCode } from './template/code.ts'
import { devJson, GITIGNORE, packageJson, readme, type TemplateOptions, TSCONFIG } from './template/shared.ts'

/** How a plugin must be named, to people. */
export const NAME_RULE = 'small letters, digits and _, beginning with a letter, at most 64 characters'

/** A name of the right form that is close to the text; undefined where there is none. */
export function suggestName(text: string): string | undefined {
  const name = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '')
    .slice(0, 64)
  return name === '' ? undefined : name
}

/**
 * Makes a plugin's folder that runs and passes its tests as it is.
 *
 * @returns the files, relative to the folder.
 * @throws PluginError `PLUGIN_PACKAGE_INVALID` where the folder is there and not empty.
 */
export async function createPlugin(
  folder: string,
  { name, language }: Pick<TemplateOptions, 'name' | 'language'>,
  installation: Installation,
): Promise<readonly string[]> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw packageError(`${folder} is there and not empty; name another folder with --dir.`)
  }
  const { version: sdkVersion } = JSON.parse(readFileSync(join(installation.authorSdk, 'package.json'), 'utf8'))
  const options = { name, language, sdkVersion }
  const extension = language === 'typescript' ? 'ts' : 'js'
  const files = new Map([
    [`index.${extension}`, pluginCode(options)],
    [`index.test.${extension}`, testCode(options)],
    ['package.json', packageJson(options)],
    ['gururmm.dev.json', devJson(options)],
    ['README.md', readme(options)],
    ['.gitignore', GITIGNORE],
    ...(language === 'typescript' ? ([['tsconfig.json', TSCONFIG]] as const) : []),
  ])
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of files) writeFileSync(join(folder, path), text)
  provideAuthorSdk(folder, installation)
  writeManifest(folder, await declaredManifest(folder, installation))
  return [...files.keys(), MANIFEST_FILE]
}

/** Puts this agent's own SDK where editors, compilers and tests look for it; `npm install` may replace it by the published one. */
function provideAuthorSdk(folder: string, { authorSdk, declare }: Installation): void {
  const place = join(folder, 'node_modules/@gururmm/plugin-sdk')
  mkdirSync(dirname(place), { recursive: true })
  // The source tree's is not made to be copied
  if (declare.endsWith('.ts')) symlinkSync(authorSdk, place, 'junction')
  else cpSync(authorSdk, place, { recursive: true })
}
