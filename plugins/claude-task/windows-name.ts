/** Whether a name is, on Windows, a network share, a device, a stream of a file, or relative to a drive. */
export function isOddWindowsName(name: string): boolean {
  const isDevice = /^[\\/]{2}|^[\\/]\?\?[\\/]/.test(name)
  return isDevice || name.replace(/^[A-Za-z]:[\\/]/, '').includes(':')
}
