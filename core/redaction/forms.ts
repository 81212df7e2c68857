/**
 * The spellings in which a secret can leave a program: as it is, and as encoders write it. Sorted out of one place so that
 * text, logs and progress mask the same.
 */
export function formsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed()
  const url = encodeURIComponent(wellFormed)
  const form = new URLSearchParams([['', wellFormed]]).toString().slice(1)
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [secret, json, url, lowerCaseEscapes(url), form, lowerCaseEscapes(form), ...base64Forms(secret)]
  return [...new Set(forms)]
}

function lowerCaseEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
}

/**
 * Base64 of the secret alone, and the part that stays the same when it is encoded together with what stands around it
 * (`user:secret`), for each of the three places it can take in a group of three bytes.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const whole = bytes.toString('base64')
  const inner = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const firstOwn = offset === 0 ? 0 : offset + 1
    const ownEnd = Math.floor(((offset + bytes.length) * 8) / 6)
    return encoded.slice(firstOwn, ownEnd)
  })
  return [whole, ...inner].flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
}
