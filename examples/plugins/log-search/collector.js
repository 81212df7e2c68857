/** Longer lines are shown cut. */
const MAX_SHOWN = 2000

/** Gathers matches with the lines around them, up to a number of matches and an amount of text. */
export function createCollector({ maxMatches, contextLines, maxText }) {
  const matches = []
  let room = maxText
  let before = []
  /** Matches that still lack lines behind them. */
  let open = []

  const shown = (text) => {
    const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
    room -= cut.length
    return cut
  }
  const addContext = (text) => {
    if (open.length === 0) return
    const line = shown(text)
    for (const match of open) match.after.push(line)
    open = open.filter((match) => match.after.length < contextLines)
  }
  return {
    matches,
    /** Whether a limit is reached; then there may be more matches than were gathered. */
    get isFull() {
      return room <= 0 || (matches.length >= maxMatches && open.length === 0)
    },
    /** Context never reaches from one file into the next. */
    beginFile() {
      before = []
      open = []
    },
    /** @param place `{ file, line, byte }` where it matched, else null. */
    add(text, place) {
      addContext(text)
      if (place !== null && matches.length < maxMatches) {
        const match = { ...place, text: shown(text), before: before.map(shown), after: [] }
        matches.push(match)
        if (contextLines > 0) open.push(match)
      }
      if (contextLines === 0) return
      before.push(text)
      if (before.length > contextLines) before.shift()
    },
  }
}
