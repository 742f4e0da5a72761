/** What one virtual client of the load generator does. */
import type { Answer } from './connection.ts'

export interface Client {
  /** The next request; `undefined`: there is nothing left to ask. */
  next(): Buffer | undefined
  /** @throws Error saying what is wrong with the answer: a fast refusal is no result */
  check(answer: Answer): void
}

/** @param server the address, for the `Host` header */
export function buildRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Buffer {
  const all = { ...headers, ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n${body}`)
}

/** @throws Error */
export function checkAnswer(answer: Answer, ...texts: readonly string[]): void {
  const missing = texts.find((text) => !answer.body.includes(text))
  if (answer.status === 200 && missing === undefined) return
  throw new Error(
    `expected 200 with ${texts.join(', ')}, got: ${answer.head}\r\n\r\n${answer.body.toString().slice(0, 2000)}`,
  )
}
