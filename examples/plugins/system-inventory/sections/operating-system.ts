import { hostname, platform, release, uptime, version } from 'node:os'
import type { Part } from '../schemas.ts'
import type { Sources } from '../sources.ts'
import { textOf } from '../values.ts'

/** The distribution's name comes from os-release; elsewhere than on Linux Node.js has it. */
export async function operatingSystem(sources: Sources): Promise<Part<'os'>> {
  const named =
    sources.platform === 'linux'
      ? await sources.file('/etc/os-release', parseOsRelease)
      : { name: textOf(version()), version: release() }
  return {
    platform: platform(),
    name: named?.name ?? null,
    version: named?.version ?? null,
    kernel: release(),
    hostname: hostname(),
    uptime_seconds: Math.floor(uptime()),
  }
}

/** Name and version in an os-release file, whose values are quoted as in a shell. */
export function parseOsRelease(text: string): { name: string | null; version: string | null } {
  const settingOf = (key: string) => {
    const value = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''
    return textOf(value.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["'$`\\])/g, '$1'))
  }
  return { name: settingOf('PRETTY_NAME') ?? settingOf('NAME'), version: settingOf('VERSION_ID') }
}
