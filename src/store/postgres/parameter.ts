/** What goes to the server and comes back: the values of the engine, whatever PostgreSQL makes of them. */
import type { Value } from '../engine.ts'

/** A value, or the values that one parameter has in many runs. */
export type Parameter = Value | readonly Value[]

// PostgreSQL's text cannot have U+0000. U+0001 begins an escape, so that the order of texts stays what it was.

/** A parameter as the server takes it. */
export function encodeParameter(parameter: Parameter): unknown {
  if (typeof parameter === 'string') return encodeText(parameter)
  return Array.isArray(parameter) ? parameter.map(encodeParameter) : parameter
}

function encodeText(text: string): string {
  if (!text.includes('\u0000') && !text.includes('\u0001')) return text
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\u0000', '\u0001\u0001')
}

function decodeText(text: string): string {
  if (!text.includes('\u0001')) return text
  return text.replaceAll('\u0001\u0001', '\u0000').replaceAll('\u0001\u0002', '\u0001')
}

function decodeBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice('\\x'.length), 'hex'))
}

/** By the number of the type in PostgreSQL's catalogue: what comes back is what SQLite gives. */
const DECODERS: Readonly<Record<number, (text: string) => Value>> = {
  16: (boolean) => (boolean === 't' ? 1 : 0),
  17: decodeBytes,
  20: Number,
  23: Number,
}

export function findDecoder(type: number): (text: string) => Value {
  return DECODERS[type] ?? decodeText
}
