/** `Content-Encoding: gzip`, for those who ask. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** An answer of fewer bytes fits one packet anyway. */
export const WORTH_COMPRESSING = 1400

const compressBytes = promisify(gzip)

/** Whether the header lets gzip be used. RFC 9110 §12.5.3: a weight of 0 says no. */
export function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  if (typeof acceptEncoding !== 'string') return false
  const weights = new Map<string, boolean>()
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim())
    weights.set(coding, !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)))
  }
  return weights.get('gzip') ?? weights.get('*') ?? false
}

/** Compresses off the event loop. @returns `undefined` if that fails */
export async function compress(text: string): Promise<Buffer | undefined> {
  return compressBytes(text).catch(() => undefined)
}
