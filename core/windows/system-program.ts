import { win32 } from 'node:path'

/** A program that comes with Windows, by its path: by its name alone it might be one in the current folder. */
export function systemProgram(name: string, environment: Readonly<NodeJS.ProcessEnv> = process.env): string {
  return win32.join(environment.SystemRoot ?? 'C:\\Windows', 'System32', name)
}
