/**
 * Breaks a line between words, so that a terminal does not break it within one. A word longer than the width is left to the terminal.
 *
 * @param width in characters; of each piece.
 * @returns the pieces, at least one.
 */
export function fold(line: string, width: number): string[] {
  // Some of its words are aligned, so the spaces before each word belong to it
  const words = line.match(/ *[^ ]+/g) ?? ['']
  const pieces: string[] = []
  let piece = words[0] ?? ''
  for (const word of words.slice(1)) {
    if (piece.length + word.length <= width) {
      piece += word
      continue
    }
    pieces.push(piece)
    piece = word.trimStart()
  }
  return [...pieces, piece]
}
