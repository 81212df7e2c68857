import { hash } from 'node:crypto'
import { join } from 'node:path'
import { STREAMS, type StreamName } from '../dispatch/contract.ts'

/** What a command's files are called by: an id may hold anything, and be longer than a file's name may be. */
export function keyOf(id: string): string {
  return hash('sha256', id, 'hex')
}

export function pathOf(directory: string, key: string, stream: StreamName): string {
  return join(directory, `${key}.${stream}`)
}

/** Which file a name is of; undefined: none of ours. */
export function readName(name: string): { readonly key: string; readonly stream: StreamName } | undefined {
  const [, key, end] = /^([0-9a-f]{64})\.(\w+)$/.exec(name) ?? []
  const stream = STREAMS.find((each) => each === end)
  return key === undefined || stream === undefined ? undefined : { key, stream }
}
