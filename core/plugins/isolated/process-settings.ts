import type { PluginSettings } from '../contract.ts'

/** What the config says of a plugin's process, defaults filled in. */
export function processSettings(settings: Pick<PluginSettings, 'isolation' | 'memoryMegabytes' | 'idleStopSeconds'>) {
  const { isolation = 'process', memoryMegabytes = 256, idleStopSeconds = 60 } = settings
  return { isolation, memoryMegabytes, idleStopSeconds }
}
