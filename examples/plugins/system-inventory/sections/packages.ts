import type { Part } from '../schemas.ts'
import type { NoteTaker, Row, Sources } from '../sources.ts'
import { textOf } from '../values.ts'

type Packages = Part<'packages'>
type Package = Packages['packages'][number]

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in
const DPKG_FORMAT = '${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\n'
const RPM_FORMAT = '%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n'

/** Where installers register what they installed; asking Win32_Product would start a repair of each. */
const WINDOWS_SCRIPT = [
  "'HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*',",
  "'HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*'",
  '| Where-Object { Test-Path $_ } | Get-ItemProperty | Where-Object DisplayName',
  '| Select-Object DisplayName, DisplayVersion',
].join(' ')

/** Installed packages by name, or null where no manager answered. */
export async function packages(sources: Sources, limit: number): Promise<Packages | null> {
  if (sources.platform === 'win32') {
    return limited('windows', await sources.powershell(WINDOWS_SCRIPT, (rows) => rows.map(windowsPackage)), limit)
  }
  if (sources.platform !== 'linux') {
    sources.note('packages', 'PLATFORM_UNSUPPORTED', 'Packages are told on Linux and Windows only.')
    return null
  }
  return linuxPackages(sources, limit)
}

/** A machine has one of the two: where one answers, that the other is missing is no news. */
async function linuxPackages(sources: Sources, limit: number): Promise<Packages | null> {
  const held: Parameters<NoteTaker>[] = []
  const quiet = sources.holdNotes((...note) => held.push(note))
  const dpkg = await quiet.program('dpkg-query', ['--show', '--showformat', DPKG_FORMAT], parseDpkg)
  const found =
    dpkg === null || dpkg.length === 0
      ? limited('rpm', await quiet.program('rpm', ['-qa', '--queryformat', RPM_FORMAT], parseRpm), limit)
      : limited('dpkg', dpkg, limit)
  if (found === null) for (const note of held) sources.note(...note)
  return found
}

function limited(manager: Packages['manager'], found: Package[] | null, limit: number): Packages | null {
  if (found === null) return null
  const sorted = found.sort((one, other) => (one.name < other.name ? -1 : 1))
  return { manager, count: sorted.length, packages: sorted.slice(0, limit) }
}

/** The packages that dpkg has installed; those removed up to their config are left out. */
export function parseDpkg(output: string): Package[] {
  return rowsOf(output).flatMap(([status = '', name, version, architecture]) =>
    name !== undefined && status[1] === 'i' ? [packageOf(name, version, architecture)] : [],
  )
}

/** The packages in rpm's answer; the keys it counts among them are left out. */
export function parseRpm(output: string): Package[] {
  return rowsOf(output).flatMap(([name, version, architecture]) =>
    name !== undefined && name !== 'gpg-pubkey' ? [packageOf(name, version, architecture)] : [],
  )
}

function rowsOf(output: string): readonly string[][] {
  return output
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => line.split('\t'))
}

function packageOf(name: string, version: string | undefined, architecture: string | undefined): Package {
  return { name, version: textOf(version), architecture: textOf(architecture) }
}

function windowsPackage({ DisplayName, DisplayVersion }: Row): Package {
  return { name: String(DisplayName), version: textOf(DisplayVersion), architecture: null }
}
