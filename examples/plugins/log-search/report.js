/** Matches as text, in the manner of grep: `:` behind the place of a match, `-` behind that of a line around it. */
export function reportOf({ matches, files, skipped_count, truncated }) {
  const withContext = matches.some(({ before, after }) => before.length + after.length > 0)
  const blocks = matches.map(blockOf)
  const found = `${matches.length} ${matches.length === 1 ? 'match' : 'matches'}`
  const read = `files read: ${files.length}, passed over: ${skipped_count}`
  const end = `${found}; ${read}${truncated ? '; stopped at a limit, there may be more' : ''}`
  return [...(blocks.length === 0 ? [] : [blocks.join(withContext ? '\n--\n' : '\n')]), end, ''].join('\n')
}

function blockOf({ file, line, byte, text, before, after }) {
  const place = (distance) => (line === null ? `@${byte}` : line + distance)
  const around = (lines, first) => lines.map((one, index) => `${file}-${place(first + index)}- ${one}`)
  return [...around(before, -before.length), `${file}:${place(0)}: ${text}`, ...around(after, 1)].join('\n')
}
