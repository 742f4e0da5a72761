/**
 * An OpenID Provider whose answers a test scripts: a real HTTP server on a free loopback port. It signs what the test
 * tells it to sign, serves what the test tells it to serve, and remembers what it was asked.
 */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, type JWTPayload } from 'jose'

export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of the caller: tells connections apart. */
  readonly port: number | undefined
}

export interface ScriptedAnswer {
  /** 200 if not given. */
  readonly status?: number
  readonly statusText?: string
  /** `content-type: application/json` if not given. */
  readonly headers?: Readonly<Record<string, string>>
  /** Anything but a string is sent as JSON. */
  readonly body: unknown
  /** Sends the body byte by byte, one every so many milliseconds. */
  readonly drip?: number
}

export type Script = (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>

const PATHS = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  endsession: '/logout',
  discovery: '/.well-known/openid-configuration',
} as const
export type Endpoint = keyof typeof PATHS

export interface SigningKeyPair {
  readonly algorithm: string
  readonly privateKey: KeyObject
  /** The public JWK, with `kid` if there is one. */
  readonly jwk: JsonWebKey & { readonly kid?: string }
}

export interface ScriptedProvider extends AsyncDisposable {
  readonly issuer: string
  readonly urls: Readonly<Record<Endpoint, string>>
  /** What is answered from now on; a path without a script answers 404. */
  script(endpoint: Endpoint | `/${string}`, script: Script): void
  /** All requests so far, the oldest first. */
  readonly requests: readonly ScriptedRequest[]
  count(endpoint: Endpoint): number
  /** What the key endpoint serves; the first one signs. */
  keys: SigningKeyPair[]
  /** The metadata of the provider, complete. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The claims of a good ID token for the client `rp`. */
  claims(nonce: string, more?: JWTPayload): JWTPayload
  /** Signs claims, whatever they are. */
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>
}

/** An RSA key for the RS and PS algorithms, an EC key on the right curve for the ES ones. */
export function createSigningKeyPair(algorithm = 'RS256', kid: string | null = 'key-1'): SigningKeyPair {
  const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
  const namedCurve = curves[algorithm]
  const { privateKey } =
    namedCurve === undefined
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve })
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return { algorithm, privateKey, jwk: { ...jwk, ...(kid === null ? {} : { kid }) } }
}

/** One for all providers of a process: making an RSA key takes a while. */
const FIRST_KEY = createSigningKeyPair()

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const requests: ScriptedRequest[] = []
  const scripts = new Map<string, Script>()
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const urls = Object.fromEntries(
    Object.entries(PATHS).map(([endpoint, path]) => [endpoint, issuer + path]),
  ) as ScriptedProvider['urls']

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers, url = '/', socket } = request
    const path = new URL(url, issuer).pathname
    const asked = { method, path, headers, body: (await request.toArray()).join(''), port: socket.remotePort }
    requests.push(asked)
    const answer: ScriptedAnswer = (await scripts.get(path)?.(asked)) ?? { status: 404, body: {} }
    response.statusCode = answer.status ?? 200
    if (answer.statusText !== undefined) response.statusMessage = answer.statusText
    response.setHeaders(new Map(Object.entries(answer.headers ?? { 'content-type': 'application/json' })))
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    if (answer.drip !== undefined) await drip(response, body, answer.drip)
    response.end(answer.drip === undefined ? body : '')
  }

  const provider: ScriptedProvider = {
    issuer,
    urls,
    script: (endpoint, script) => void scripts.set(isEndpoint(endpoint) ? PATHS[endpoint] : endpoint, script),
    requests,
    count: (endpoint) => requests.filter(({ path }) => path === PATHS[endpoint]).length,
    keys: [FIRST_KEY],
    metadata: {
      issuer,
      authorization_endpoint: urls.authorization,
      token_endpoint: urls.token,
      userinfo_endpoint: urls.userinfo,
      end_session_endpoint: urls.endsession,
      jwks_uri: urls.jwks,
    },
    claims(nonce, more = {}) {
      const now = Math.floor(Date.now() / 1000)
      return { iss: issuer, sub: 'alice', aud: 'rp', exp: now + 300, iat: now, nonce, ...more }
    },
    async sign(claims, header = {}) {
      const [key] = provider.keys
      if (key === undefined) throw new Error('the scripted provider has no key')
      const { kid } = key.jwk
      const own = { alg: key.algorithm, ...(kid === undefined ? {} : { kid }) }
      return new SignJWT(claims).setProtectedHeader({ ...own, ...header }).sign(key.privateKey)
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  provider.script('jwks', () => ({ body: { keys: provider.keys.map(({ jwk }) => jwk) } }))
  provider.script('discovery', () => ({ body: provider.metadata }))
  return provider
}

function isEndpoint(name: string): name is Endpoint {
  return Object.hasOwn(PATHS, name)
}

/** Until it is through, or nobody listens any more. */
async function drip(response: ServerResponse, body: string, every: number): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return
    response.write(byte)
    await new Promise((resolve) => {
      setTimeout(resolve, every)
    })
  }
}
