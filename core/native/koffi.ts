import { createRequire } from 'node:module'

/** What is used of the package. Pointers are opaque; an output parameter is an array of one. */
export interface Koffi {
  load(library: string): { func(prototype: string): (...args: readonly unknown[]) => unknown }
  decode(pointer: unknown, type: 'char16_t', length: -1): string
}

/**
 * The package that calls functions of an operating system, which npm installs on that system only.
 *
 * @throws Error where the package is not there, or may not be loaded here.
 */
export function loadKoffi(
  system: 'linux' | 'win32',
  load: (name: string) => unknown = createRequire(import.meta.url),
): Koffi {
  return load(koffiPackage(system)) as Koffi
}

/** Its name, for whoever is to install it. */
export function koffiPackage(system: 'linux' | 'win32'): string {
  return `@koromix/koffi-${system}-${process.arch}`
}
