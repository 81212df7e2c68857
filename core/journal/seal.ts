import { crc32 } from './crc32.ts'

/**
 * What must never be misread of a command, as one text with a checksum of its own. SQLite has none, so that a flipped bit in an id
 * would pass for another command; and where a file is damaged, seals are found by looking through its bytes.
 */
export interface Seal {
  readonly state: number
  readonly origin: 'server' | 'local'
  readonly id: string
  readonly digest: string
}

const COMMAND_SEAL = /gjc1\.(\d)\.([sl])\.([\w-]*)\.([\w-]*)\.([0-9a-f]{8});/g
const RESULT_SEAL = /gjr1\.([\w-]*)\.(\d+)\.([0-9a-f]{8})\.([0-9a-f]{8});/g

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

export function sealCommand({ state, origin, id, digest }: Seal): string {
  const body = `gjc1.${state}.${origin === 'server' ? 's' : 'l'}.${encode(id)}.${encode(digest)}`
  return `${body}.${checksum(body)};`
}

/** Undefined where it was damaged. */
export function openSeal(text: string): Seal | undefined {
  const { value } = findCommandSeals(text).next()
  return value
}

/** Binds a result to its command; the result's JSON follows the seal in the database's row. */
export function sealResult(id: string, json: string): string {
  const bytes = Buffer.from(json)
  const body = `gjr1.${encode(id)}.${bytes.length}.${crc32(bytes).toString(16).padStart(8, '0')}`
  return `${body}.${checksum(body)};`
}

/** All intact command seals of a text in any encoding that keeps ASCII. */
export function* findCommandSeals(text: string): Generator<Seal, undefined> {
  for (const match of text.matchAll(COMMAND_SEAL)) {
    const [whole, state, origin, id = '', digest = '', sum] = match
    if (checksum(whole.slice(0, -10)) !== sum) continue
    yield { state: Number(state), origin: origin === 's' ? 'server' : 'local', id: decode(id), digest: decode(digest) }
  }
}

/** All results that stand whole behind an intact seal. `text`: bytes as latin1. */
export function* findResults(text: string): Generator<{ id: string; json: string }> {
  for (const match of text.matchAll(RESULT_SEAL)) {
    const [whole, id = '', length, contentSum, sum] = match
    if (checksum(whole.slice(0, -10)) !== sum) continue
    const start = match.index + whole.length
    const bytes = Buffer.from(text.slice(start, start + Number(length)), 'latin1')
    if (bytes.length !== Number(length) || crc32(bytes).toString(16).padStart(8, '0') !== contentSum) continue
    yield { id: decode(id), json: bytes.toString('utf8') }
  }
}

/** Ids and digests may hold any character; base64url keeps them apart from the dots. */
function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function decode(text: string): string {
  return Buffer.from(text, 'base64url').toString()
}
