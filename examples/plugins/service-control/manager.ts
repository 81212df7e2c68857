import type { ServiceConfig } from './schemas.ts'
import type { ServiceManager } from './service-manager.ts'
import { systemd } from './systemd.ts'
import { windowsServices } from './windows.ts'

/** The service manager of a platform. Elsewhere than on Windows it is systemd; where that is not installed, its program is not found. */
export function managerOf(
  { program }: Pick<ServiceConfig, 'program'>,
  platform: NodeJS.Platform = process.platform,
): ServiceManager {
  return platform === 'win32' ? windowsServices(program ?? 'powershell.exe') : systemd(program ?? 'systemctl')
}
