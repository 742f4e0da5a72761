/**
 * The ceiling of a login: no rule of any standard, only what cannot be left out. Two calls to the provider, one check of
 * an RS256 signature, one write in the embedded store's shared commit. Arguments: the port, the provider's origin, and a
 * folder.
 */
import { createPublicKey, randomBytes, verify, type JsonWebKey } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { Pool } from 'undici'
import { systemClock, wholeSeconds } from '../../src/kernel/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { codeFor } from './provider-code.ts'

const [port, origin = '', directory = ''] = process.argv.slice(2)
const pool = new Pool(origin, { connections: 64 })
const store = await createEmbeddedStore({ directory, clock: systemClock })
const key = await fetchKey()
const form = `grant_type=authorization_code&code=${codeFor('the nonce of the ceiling')}`
const answer = JSON.stringify({ access_token: 'x'.repeat(56), refresh_token: 'x'.repeat(56), padding: 'x'.repeat(600) })

createServer((request, response) => {
  request.resume().once('end', () => void serve(response))
}).listen(Number(port), '127.0.0.1')

async function serve(response: ServerResponse): Promise<void> {
  await login()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
}

async function login(): Promise<void> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const tokens = await pool.request({ method: 'POST', path: '/token', headers, body: form })
  const { id_token: idToken, access_token: bearer } = (await tokens.body.json()) as Record<string, string>
  const [head = '', payload = '', signature = ''] = (idToken ?? '').split('.')
  const signed = Buffer.from(`${head}.${payload}`)
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) throw new Error('a bad signature')
  const person = await pool.request({
    method: 'GET',
    path: '/userinfo',
    headers: { authorization: `Bearer ${bearer}` },
  })
  await person.body.json()
  await store.tokens.useUpResponse({ key: randomBytes(32), keepUntil: wholeSeconds(systemClock) + 600 })
}

async function fetchKey() {
  const { body } = await pool.request({ method: 'GET', path: '/keys' })
  const { keys } = (await body.json()) as { keys: JsonWebKey[] }
  return createPublicKey({ key: keys[0] ?? {}, format: 'jwk' })
}
