const NEW_LINE = 10
const RETURN = 13

/**
 * Cuts pieces of a file into lines, one array for each piece. Never holds more of a line than `maxLineBytes`.
 *
 * @param start where in the file the first piece begins.
 * @yields arrays of `{ text, byte, next, isCut }`: the text without its line end, where it begins, where the next one begins.
 */
export async function* linesOf(pieces, { start, maxLineBytes }) {
  const unfinished = createUnfinished(maxLineBytes)
  let byte = start
  const finish = (end, endLength) => {
    const { text, length, isCut } = unfinished.finish(end)
    const line = { text, byte, next: byte + length + endLength, isCut, isWhole: endLength === 1 }
    byte = line.next
    return line
  }
  for await (const piece of pieces) {
    const lines = []
    let from = 0
    for (let to = piece.indexOf(NEW_LINE); to !== -1; to = piece.indexOf(NEW_LINE, from)) {
      lines.push(finish(piece.subarray(from, to), 1))
      from = to + 1
    }
    unfinished.add(piece.subarray(from))
    yield lines
  }
  if (unfinished.length > 0) yield [finish(Buffer.alloc(0), 0)]
}

/** The line whose end was not yet seen. */
function createUnfinished(maxBytes) {
  let parts = []
  let kept = 0
  let length = 0
  const add = (part) => {
    const room = Math.min(part.length, maxBytes - kept)
    // A copy: what is left of a piece would keep all of it in memory
    if (room > 0) parts.push(Buffer.from(part.subarray(0, room)))
    kept += room
    length += part.length
  }
  return {
    get length() {
      return length
    },
    add,
    finish(end) {
      // Most lines lie within one piece and need no copy
      if (length > 0) add(end)
      const whole = length > 0 ? Buffer.concat(parts) : end.subarray(0, maxBytes)
      const total = length > 0 ? length : end.length
      parts = []
      kept = 0
      length = 0
      return { text: textOf(whole), length: total, isCut: total > maxBytes }
    },
  }
}

function textOf(bytes) {
  return bytes.toString('utf8', 0, bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length)
}
