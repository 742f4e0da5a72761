/**
 * The instant provider: an OpenID Provider that asks nobody anything, so that it costs next to nothing. Every visitor is
 * the same person; a code is worth an ID token for the nonce in it, which is signed once for each nonce. It runs beside
 * what is measured, on the other core. Argument: the port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { codeFor, nonceOf } from './provider-code.ts'

const port = Number(process.argv[2])
const issuer = `http://localhost:${port}`
const CLIENT_ID = 'benchmark'
const PERSON = {
  sub: 'person-00000',
  name: 'A Person',
  email: 'person-00000@example.org',
  groups: ['finance-team', 'engineering'],
}
const MOST_SIGNED = 1000

const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 })
const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] })
const metadata = JSON.stringify({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  end_session_endpoint: `${issuer}/end`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
})
const userinfo = JSON.stringify(PERSON)
const signed = new Map<string, Promise<string>>()

createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.once('end', () => void answer(request, body, response))
}).listen(port, '127.0.0.1')

async function answer({ url = '/' }: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url, issuer)
  if (pathname === '/authorize') {
    const back = new URL(searchParams.get('redirect_uri') ?? issuer)
    back.searchParams.set('code', codeFor(searchParams.get('nonce') ?? ''))
    back.searchParams.set('state', searchParams.get('state') ?? '')
    response.writeHead(302, { location: back.href }).end()
    return
  }
  const text = pathname === '/token' ? await buildTokens(nonceOf(new URLSearchParams(body).get('code') ?? '')) : ''
  const texts: Record<string, string> = {
    '/.well-known/openid-configuration': metadata,
    '/keys': keys,
    '/token': text,
    '/userinfo': userinfo,
  }
  const json = texts[pathname] ?? '{}'
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json)
}

async function buildTokens(nonce: string): Promise<string> {
  const known = signed.get(nonce) ?? sign(nonce)
  signed.set(nonce, known)
  const [oldest] = signed.keys()
  if (signed.size > MOST_SIGNED && oldest !== undefined) signed.delete(oldest)
  return JSON.stringify({
    access_token: 'the-access-token-of-the-instant-provider',
    token_type: 'Bearer',
    expires_in: 3600,
    id_token: await known,
  })
}

function sign(nonce: string): Promise<string> {
  return new SignJWT({ ...PERSON, ...(nonce !== '' && { nonce }) })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer)
    .setAudience(CLIENT_ID)
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(privateKey)
}
