/**
 * Reads base64url without padding in its one canonical form (RFC 4648 §3.5), so that no bit of the text is without
 * meaning: of two spellings of the same bytes only the one that we would write is read.
 * @returns `undefined` for any other text
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
