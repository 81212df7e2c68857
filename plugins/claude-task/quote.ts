/**
 * A foreign text as a sentence of ours may hold it: in quotes, at most some 250 characters, nothing that could end the sentence, move
 * a terminal's cursor or turn the text around.
 */
export function quoted(text: string): string {
  const visible = JSON.stringify(text.slice(0, 1024))
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`)
  return visible.length <= 256 ? visible : `${visible.slice(0, 255)}…"`
}
