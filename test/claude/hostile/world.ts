import { randomInt } from 'node:crypto'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { directoryOutside } from '../../helpers/outside.ts'

/** The key that is to be stolen. */
export const KEY = 'sk-hostile-0a1b2c3d4e5f'

/** A folder that wants to harm whoever works in it, and what it wants to reach. */
export interface World {
  /** Tells it from every other, also those of other processes. */
  readonly number: string
  readonly root: string
  /** The working directory. */
  readonly base: string
  /** Beside it; nothing of it may be read, listed or changed. */
  readonly outside: string
  /** Whatever appears in it was put there by an attempt. */
  readonly traps: string
  /** Home of the unprotected CLI. */
  readonly home: string
  /** A server that nobody should ask anything. */
  readonly evil: string
  readonly keyFile: string
}

/** What a run showed. */
export interface Seen {
  /** All that reached the model. */
  readonly sent: string
  /** Everything that reached the evil server: first lines, headers, bodies. */
  readonly stolen: string
}

/** One attempt to break out. */
export interface Attempt {
  readonly name: string
  /** Puts into the folder what it needs. */
  plant?(world: World): void
  /** What the model tries. */
  call?(world: World): { readonly name: string; readonly input: object }
  /** A line of the task. */
  text?(world: World): string
  succeeded(world: World, seen: Seen): boolean | Promise<boolean>
  /** Takes away what it left on the machine. */
  clear?(world: World): Promise<void>
}

/** Makes a world in which nothing was attempted yet; gone with the test. */
export function makeWorld(t: Test, evil: string): World {
  const root = realpathSync(directoryOutside(t, {}))
  const at = (name: string) => join(root, name)
  const number = `${process.pid}${randomInt(10_000, 100_000)}`
  const world = {
    number,
    root,
    evil,
    base: at('base'),
    outside: at('outside'),
    traps: at('traps'),
    home: at('home'),
    keyFile: at('key'),
  }
  for (const name of ['base', 'base/sub', 'base-evil', 'outside', 'traps', 'home']) mkdirSync(at(name))
  writeFileSync(world.keyFile, KEY, { mode: 0o600 })
  put(world.base, 'readme.txt', 'hello')
  put(world.base, '.git/HEAD', 'ref: refs/heads/main\n')
  return world
}

/** Writes a file, with its folders. */
export function put(folder: string, name: string, content: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** What stands in a file that only its own attempt wants. */
export const canary = (id: string) => `CANARY-${id}-END`
