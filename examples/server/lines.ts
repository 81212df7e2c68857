/** The lines of a text that comes in pieces; what follows the last line end is no line. By hand because `node:readline` also splits at U+2028, which JSON leaves in texts. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = []
  for await (const piece of pieces) {
    const [first = '', ...others] = piece.split('\n')
    parts.push(first)
    for (const next of others) {
      yield parts.join('')
      parts = [next]
    }
  }
}
