/** The hostile JWTs of the vectors, built and signed. One set for every consumer of a JWT. */
import { createHmac, createPublicKey, sign } from 'node:crypto'
import { createSigningKeyPair } from './scripted-provider.ts'
import { readVectors } from './vectors.ts'

export interface HostileJwt {
  readonly name: string
  readonly token: string
  /** As in the vector. */
  readonly refused: string | undefined
}

interface Vector {
  readonly name: string
  /** Why it is refused; `no JWT`: not even read; `any`: one of the reasons. Absent: it is good. */
  readonly refused?: string
  /** Changes of the good header and claims; `null` takes away. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly payloadText?: string
  /** What signs it, if not the provider's key. */
  readonly key?: 'none' | 'stranger' | 'other-payload' | 'pem' | 'der' | 'jwk' | 'modulus'
  readonly flip?: 'header' | 'payload' | 'signature'
  /** The whole text; `~` stands for a good token. */
  readonly raw?: string
}

const {
  now,
  claims: goodClaims,
  cases,
} = readVectors('hostile/jwts.json') as {
  readonly now: number
  readonly claims: Readonly<Record<string, unknown>>
  readonly cases: readonly Vector[]
}
const [OURS, STRANGER] = [createSigningKeyPair(), createSigningKeyPair()]
const PUBLIC = createPublicKey(OURS.privateKey)
/** The public key as each of the secrets that it has been mistaken for. */
const SECRETS: Readonly<Record<string, Buffer | string>> = {
  pem: PUBLIC.export({ type: 'spki', format: 'pem' }),
  der: PUBLIC.export({ type: 'spki', format: 'der' }),
  jwk: JSON.stringify(OURS.jwk),
  modulus: Buffer.from(OURS.jwk.n ?? '', 'base64url'),
}
const encode = (text: string) => Buffer.from(text).toString('base64url')
const change = (good: object, changes: Vector['header'] = {}) =>
  Object.fromEntries(Object.entries({ ...good, ...changes }).filter(([, value]) => value !== null))

function build({ header, claims, payloadText, key, flip, raw }: Vector): string {
  if (raw !== undefined) return raw.replace('~', () => build({ name: '' }))
  const headers = Object.entries(change({ alg: 'RS256', kid: 'key-1' }, header)).map(([name, value]) => [
    name,
    value === 'stranger' ? strangerIn(name) : value,
  ])
  const payload = payloadText?.replace(/deep$/, '{"a":'.repeat(10_000)) ?? JSON.stringify(change(goodClaims, claims))
  const parts = [encode(JSON.stringify(Object.fromEntries(headers))), encode(payload)]
  const token = [...parts, makeSignature(parts.join('.'), key)]
  const flipped = ['header', 'payload', 'signature'].indexOf(flip ?? '')
  return token.map((part, index) => (index === flipped ? flipBit(part) : part)).join('.')
}

function strangerIn(name: string): unknown {
  if (name === 'jwk') return STRANGER.jwk
  return name === 'x5c'
    ? [createPublicKey(STRANGER.privateKey).export({ type: 'spki', format: 'der' }).toString('base64')]
    : 'https://evil.example/keys'
}

function makeSignature(input: string, key: Vector['key']): string {
  if (key === 'none') return ''
  const secret = SECRETS[key ?? '']
  if (secret !== undefined) return createHmac('sha256', secret).update(input).digest('base64url')
  const { privateKey } = key === 'stranger' ? STRANGER : OURS
  return sign('sha256', Buffer.from(key === 'other-payload' ? `${input}x` : input), privateKey).toString('base64url')
}

/** In the middle, so that the text stays canonical base64url. */
function flipBit(part: string): string {
  const bytes = Buffer.from(part, 'base64url')
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString('base64url')
}

/** What a consumer of ID tokens has to know to find the good ones good. */
export const HOSTILE_JWT_REALM = {
  now,
  issuer: String(goodClaims['iss']),
  clientId: 'rp',
  nonce: 'the-nonce',
  key: OURS,
}

let built: readonly HostileJwt[] | undefined

export function buildHostileJwts(): readonly HostileJwt[] {
  return (built ??= cases.map((vector) => ({ name: vector.name, token: build(vector), refused: vector.refused })))
}
