/** Text inside an XML element. Of XML the two service managers need no more than this, so no library is carried for it. */
export function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
