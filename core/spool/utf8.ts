/** Where the last whole character ends, in bytes of UTF-8. */
export function wholeEnd(bytes: Buffer): number {
  let lead = bytes.length - 1
  while (lead >= 0 && isContinuation(bytes[lead])) lead--
  const first = bytes[lead] ?? 0
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return lead + size > bytes.length ? Math.max(0, lead) : bytes.length
}

/** Whether the byte is the second or a later one of a character. */
export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
