import { join, resolve } from 'node:path'
import { MANIFEST_FILE } from '@gururmm/plugin-sdk'
import { findInstallation } from '../../agent/installation.ts'
import { declaredManifest, isStale, writeManifest } from '../../author/declare.ts'
import { EXIT } from '../exit-codes.ts'
import { note, print } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin manifest [FOLDER]`: writes the manifest from the code; with `--check` says whether that would change it. */
export async function act(call: Call): Promise<number> {
  const folder = resolve(call.args[0] ?? '.')
  const manifest = await declaredManifest(folder, findInstallation())
  const file = join(folder, MANIFEST_FILE)
  if (!call.opts<{ check?: boolean }>().check) {
    const isChanged = writeManifest(folder, manifest)
    print(isChanged ? `Wrote ${file}.` : `${file} is what the code says already.`)
    return EXIT.ok
  }
  if (!isStale(folder, manifest)) {
    print(`${file} is what the code says.`)
    return EXIT.ok
  }
  note(`${file} is not what the code says; run \`gururmm-agent plugin manifest\` in its folder.`)
  return EXIT.failed
}
