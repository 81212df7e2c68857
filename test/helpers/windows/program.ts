import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ROOT } from '../npm.ts'
import { createWindows } from './machine.ts'
import { postject, WINDOWS_NODE_VERSION, windowsNode } from './packages.ts'

const CACHE = path.join(ROOT, 'node_modules/.cache')
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

type Inject = (file: string, name: string, data: Buffer, options: { readonly sentinelFuse: string }) => Promise<void>

/** Copied as NAME.exe it runs NAME.cjs beside it. */
const MAIN = `require('node:module').createRequire(process.execPath)(process.execPath.replace(/\\.exe$/i, '.cjs'))`

/**
 * An .exe that is no Node to look at: where a program of Windows is needed that a test writes itself. Copied as `x.exe` it runs `x.cjs`
 * beside it. Made once (half a minute) and kept in `node_modules/.cache`, 83 MB.
 */
export async function windowsProgram(): Promise<string> {
  const made = path.join(CACHE, `windows-program-${WINDOWS_NODE_VERSION}.exe`)
  if (existsSync(made)) return made
  const node = await windowsNode()
  const folder = await mkdtemp(path.join(CACHE, 'windows-program-'))
  const windows = await createWindows()
  try {
    await writeFile(path.join(folder, 'main.cjs'), MAIN)
    const settings = { main: 'main.cjs', output: 'main.blob', disableExperimentalSEAWarning: true }
    await writeFile(path.join(folder, 'sea.json'), JSON.stringify(settings))
    // By the same Node: another one's blob has another form.
    const { code, stderr } = await windows.node(['--experimental-sea-config', 'sea.json'], { cwd: folder })
    if (code !== 0) throw new Error(stderr)
    const program = path.join(folder, 'program.exe')
    await copyFile(node, program)
    const { inject } = (await import(await postject())) as { inject: Inject }
    const blob = await readFile(path.join(folder, 'main.blob'))
    await inject(program, 'NODE_SEA_BLOB', blob, { sentinelFuse: FUSE })
    await rename(program, made)
  } finally {
    await windows.close()
    await rm(folder, { recursive: true, force: true })
  }
  return made
}
