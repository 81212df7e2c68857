/**
 * Stands in the bundle for the package of this name, which `ws` uses where there is one: that one is a native addon. What a client
 * sends is masked, and `ws` itself does that byte by byte: some hundred bytes make the loop so hot that V8 loads its optimizing
 * compiler, 5 MiB of resident memory, to greet the server.
 *
 * @module
 */

/** XORs `length` bytes of `source` with the four of `key` over and over, into `output` from `offset` on; the two may be one. */
export function mask(source: Buffer, key: Buffer, output: Buffer, offset: number, length: number): void {
  const start = output.byteOffset + offset
  // Words must lie at multiples of their size; texts, which are all that the agent sends, do.
  const words = ((source.byteOffset | start) & 3) === 0 ? length >>> 2 : 0
  const from = new Uint32Array(source.buffer, words > 0 ? source.byteOffset : 0, words)
  const to = new Uint32Array(output.buffer, words > 0 ? start : 0, words)
  const [word = 0] = new Uint32Array(Uint8Array.from(key).buffer)
  for (let i = 0; i < words; i++) to[i] = (from[i] as number) ^ word
  for (let i = words * 4; i < length; i++) output[offset + i] = (source[i] as number) ^ (key[i & 3] as number)
}

/** Undoes {@link mask} in its place. */
export function unmask(buffer: Buffer, key: Buffer): void {
  mask(buffer, key, buffer, 0, buffer.length)
}
