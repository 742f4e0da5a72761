/** `Content-Encoding: gzip`, for those who ask. */
import { gzip } from 'node:zlib'
import type { FastifyReply } from 'fastify'

/** Below this many bytes an answer fits one packet anyway. */
const SMALLEST = 1400

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

/** Sends the body, compressed off the event loop if that is worth it. The length is always told. */
export function sendCompressed(reply: FastifyReply, body: Buffer, asked: boolean): FastifyReply {
  if (!asked || body.length < SMALLEST) return reply.send(body)
  gzip(body, (error, compressed) => {
    if (error === null) reply.header('content-encoding', 'gzip').send(compressed)
    else reply.send(body)
  })
  return reply
}
