import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { findInstallation } from '../../agent/installation.ts'
import { collectPlugin } from '../../author/collect.ts'
import { declaredManifest, writeManifest } from '../../author/declare.ts'
import { packFiles } from '../../author/pack.ts'
import { digestOfFiles } from '../../plugins/integrity.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin pack [FOLDER]`: writes the manifest anew, and a .tgz into the current folder that holds all the plugin needs. */
export async function act(call: Call): Promise<number> {
  const folder = resolve(call.args[0] ?? '.')
  const { json, out } = call.opts<{ json?: boolean; out?: string }>()
  const manifest = await declaredManifest(folder, findInstallation())
  const written = writeManifest(folder, manifest)
  const { files } = collectPlugin(folder, manifest)
  const file = resolve(out ?? `${manifest.name}-${manifest.version}.tgz`)
  const archive = await packFiles(files)
  writeFileSync(file, archive)
  const integrity = digestOfFiles(files)
  if (json) {
    printJson({
      file,
      name: manifest.name,
      version: manifest.version,
      integrity,
      bytes: archive.length,
      files: [...files.keys()].sort(),
    })
    return EXIT.ok
  }
  if (written) print('Wrote the manifest anew: the code declares something else than it did.')
  print(
    `${style('bold', `${manifest.name} ${manifest.version}`)} is in ${file}: ${files.size} files, ${archive.length} bytes.`,
  )
  print(`Its digest, as an operator pins it: ${integrity}`)
  return EXIT.ok
}
