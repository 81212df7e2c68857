import { createRequire } from 'node:module'

/** Node has no way to most functions of Windows; this package has, and comes with the agent on Windows only. */
const PACKAGE = '@koromix/koffi-win32-x64'

/** What is used of the package. Pointers are opaque; an output parameter is an array of one. */
export interface Koffi {
  load(library: string): { func(prototype: string): (...args: readonly unknown[]) => unknown }
  decode(pointer: unknown, type: 'char16_t', length: -1): string
}

/** @throws Error where the package is not there, or may not be loaded here. */
export function loadKoffi(load: (name: string) => unknown = createRequire(import.meta.url)): Koffi {
  return load(PACKAGE) as Koffi
}
