/** The codes of the instant provider hold all that it needs to know, so that anybody can make one. */
export function codeFor(nonce: string): string {
  return Buffer.from(nonce).toString('base64url')
}

export function nonceOf(code: string): string {
  return Buffer.from(code, 'base64url').toString()
}
