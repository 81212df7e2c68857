import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isObject } from '../config/merge.ts'
import { isDeclaration } from './javascript.ts'
import { packageError } from './package-error.ts'
import type { PluginFilesBuilder } from './plugin-files.ts'

/** The host gives every plugin its own copy. */
const SDK = '@gururmm/plugin-sdk'

/** A package, where it lies and where it goes. */
interface Placed {
  readonly folder: string
  /** Relative to the plugin: `node_modules/a`, or `node_modules/a/node_modules/b` where another `b` has the first place. */
  readonly place: string
}

/**
 * Puts the packages that a plugin needs when it runs below `node_modules`, with what these need: as npm installs them, but copied from
 * wherever they lie on this machine, further up or linked. A bundler would do with fewer files, and would have to be had.
 *
 * @throws PluginError `PLUGIN_PACKAGE_INVALID` naming the package that is not installed.
 */
export function addDependencies(folder: string, builder: PluginFilesBuilder): void {
  const placed = new Map<string, string>()
  const waiting = needsOf(folder).map((need) => ({ ...need, from: { folder, place: '' } }))
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (next.name === SDK) continue
    const found = findPackage(next.name, next.from.folder)
    if (found === undefined) {
      if (next.optional) continue
      throw packageError(`The package ${next.name} is needed and not installed; run \`npm install\` in ${folder}.`)
    }
    const place = placeOf(next.name, next.from, found, placed)
    if (place === undefined) continue
    placed.set(place, found)
    const here = { folder: found, place }
    addPackage(here, builder)
    waiting.push(...needsOf(found).map((need) => ({ ...need, from: here })))
  }
}

/** Undefined: it is there already, where it would be looked for. */
function placeOf(name: string, from: Placed, found: string, placed: ReadonlyMap<string, string>): string | undefined {
  // Node.js looks in the dependent's own node_modules first, then in those further up
  for (let above = from.place; ; above = above.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, '')) {
    const there = placed.get(join(above, 'node_modules', name).replaceAll('\\', '/'))
    if (there === found) return undefined
    if (there !== undefined) return `${from.place}/node_modules/${name}`
    if (above === '') return `node_modules/${name}`
  }
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (folder === dirname(folder)) return undefined
  }
}

function needsOf(folder: string): readonly { readonly name: string; readonly optional: boolean }[] {
  const whole: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const of = (key: string) => (isObject(whole) && isObject(whole[key]) ? Object.keys(whole[key]) : [])
  const optional = new Set(of('optionalDependencies'))
  const names = new Set([...of('dependencies'), ...optional])
  return [...names].map((name) => ({ name, optional: optional.has(name) }))
}

function addPackage({ folder, place }: Placed, builder: PluginFilesBuilder): void {
  const look = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name === 'node_modules' || entry.name === '.git') continue
      if (entry.isDirectory()) look(path)
      else if (entry.isFile() && !isDeclaration(path) && !path.endsWith('.map')) {
        builder.add(`${place}/${path}`, readFileSync(join(folder, path)))
      }
    }
  }
  look('')
}
