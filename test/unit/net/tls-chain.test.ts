import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { createServer } from 'node:tls'
import { createServer as createPlainServer } from 'node:net'
import { inspectTlsChain } from '../../../src/net/tls-chain.ts'
import { OUTBOUND_DEFAULTS } from '../../support/outbound.ts'
import tlsServers from '../../vectors/tls-servers.json' with { type: 'json' }

async function startServer(t: TestContext, name: keyof typeof tlsServers): Promise<URL> {
  const server = createServer(tlsServers[name], (socket) => socket.on('error', () => {}).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return new URL(`https://localhost:${(server.address() as AddressInfo).port}`)
}

const TRUSTED = {
  ...OUTBOUND_DEFAULTS,
  certificateAuthorities: [tlsServers.localhost.cert, tlsServers['op.example.com'].cert],
}

test('a chain that is trusted is told with its names, its end and its protocol', async (t) => {
  const { names, validTo, protocol, problem } = await inspectTlsChain(await startServer(t, 'localhost'), TRUSTED)
  assert.deepEqual([names, protocol, problem], [['localhost'], 'TLSv1.3', undefined])
  assert.equal(new Date(validTo).getUTCFullYear(), 2126)
})

test('a chain of nobody whom we trust, or for another host, is told by what OpenSSL calls it', async (t) => {
  const unknown = await inspectTlsChain(await startServer(t, 'localhost'), OUTBOUND_DEFAULTS)
  assert.match(unknown.problem ?? '', /SELF_SIGNED_CERT/)
  const url = await startServer(t, 'op.example.com')
  const other = await inspectTlsChain(url, TRUSTED)
  assert.match(other.problem ?? '', /ALTNAME/)
  assert.equal((await inspectTlsChain(url, { ...TRUSTED, verificationMode: 'certificate' })).problem, undefined)
  assert.equal((await inspectTlsChain(url, { ...OUTBOUND_DEFAULTS, verificationMode: 'none' })).problem, undefined)
})

test('any time for a connection will do, also one that is no whole number of milliseconds or very long', async (t) => {
  const url = await startServer(t, 'localhost')
  for (const connectTimeout of [2.0015, 60 * 86_400])
    assert.equal((await inspectTlsChain(url, { ...TRUSTED, connectTimeout })).problem, undefined)
})

test('whoever does not answer, or not in TLS, fails the look within the time for a connection', async (t) => {
  await assert.rejects(inspectTlsChain(new URL('https://localhost:1'), TRUSTED), { code: 'ECONNREFUSED' })
  const silent = createPlainServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => silent.close())
  const url = new URL(`https://localhost:${(silent.address() as AddressInfo).port}`)
  await assert.rejects(inspectTlsChain(url, { ...TRUSTED, connectTimeout: 0.05 }), { name: 'AbortError' })
})
