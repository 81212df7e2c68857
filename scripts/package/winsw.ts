import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fetchPackage } from './fetch.ts'

/**
 * WinSW comes from node-windows, which is kept up and MIT, as WinSW is. Pinned here, not in package.json: its libraries, of which
 * nothing is used, would come along.
 */
const CARRIER = {
  name: 'node-windows',
  version: '0.1.14',
  integrity: 'sha512-2sz0i+ckeX/+22Z4KcDVis1ukyGOYZWx2WG9nQYauUwzIxEye5QcMrExkH7OaRSHkwM5bN/jesxsiQqkUb1O/w==',
} as const

/** Puts WinSW where the agent looks for it. */
export async function addWinsw(folder: string, say: (line: string) => void): Promise<void> {
  const carrier = await fetchPackage(CARRIER, say)
  const service = path.join(folder, 'service')
  await mkdir(service, { recursive: true })
  for (const file of ['winsw.exe', 'winsw.exe.config'])
    await cp(path.join(carrier, 'bin/winsw', file), path.join(service, file))
  await cp(path.join(carrier, 'LICENSE'), path.join(folder, 'licenses/node-windows.txt'))
  // node-windows has only its own
  await cp(path.join(import.meta.dirname, 'files/WinSW.txt'), path.join(folder, 'licenses/WinSW.txt'))
}
