import nodePath from 'node:path'

/** Names that Windows takes for devices in every folder, with any extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])$/i

/**
 * Whether `path` is `base` or lies below it. Both canonical. Compares whole names, so that `/base-evil` is not in `/base`; on
 * Windows without regard to case.
 */
export function isInside(
  base: string,
  path: string,
  paths: Pick<typeof nodePath, 'relative' | 'sep' | 'isAbsolute'> = nodePath,
): boolean {
  const relative = paths.relative(base, path)
  // On Windows the way to another drive is an absolute path.
  return relative !== '..' && !relative.startsWith(`..${paths.sep}`) && !paths.isAbsolute(relative)
}

/**
 * What makes a path one that no allowed directory has, in words that follow "the path"; null where nothing does. To be asked
 * before the file system is touched: a network share is contacted, and a device opened, by merely looking.
 */
export function pathProblem(path: string, platform: NodeJS.Platform = process.platform): string | null {
  if (path.includes('\0')) return 'holds a NUL character'
  return platform === 'win32' ? windowsPathProblem(path) : unixPathProblem(path)
}

function unixPathProblem(path: string): string | null {
  return path.startsWith('/') ? null : 'is not absolute'
}

function windowsPathProblem(path: string): string | null {
  // Covers \\server\share, \\?\, \\.\ and //server/share; \??\ is the kernel's own spelling.
  if (/^[\\/]{2}/.test(path)) return 'is a network share or a device path'
  if (/^[\\/]\?\?[\\/]/.test(path)) return 'is a device path'
  // `C:folder` is relative to wherever drive C: stands just now, `\folder` to the drive in use.
  if (!/^[a-z]:[\\/]/i.test(path)) return 'is not absolute (expected a drive letter, a colon and a backslash)'
  const names = path.slice(3).split(/[\\/]/)
  return names.map(windowsNameProblem).find((problem) => problem !== null) ?? null
}

function windowsNameProblem(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return null
  if (name.includes(':')) return 'names a stream of a file (a colon after the drive)'
  // Windows drops them, so that two spellings name one file.
  if (/[. ]$/.test(name)) return 'has a name that ends in a dot or a space'
  const stem = name.split('.')[0]?.trimEnd() ?? ''
  if (WINDOWS_DEVICE.test(stem)) return `has a name that Windows keeps for a device (${stem})`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return /[<>"|?*\u0001-\u001f]/.test(name) ? 'holds a character that no file name has' : null
}
