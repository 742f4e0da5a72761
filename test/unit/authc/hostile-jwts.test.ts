/** One set of hostile JWTs, whole and signed, at the realm's consumer of ID tokens. Each is refused for its own reason. */
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, sign } from 'node:crypto'
import test from 'node:test'
import { createIdTokenValidator } from '../../../src/authc/id-token-validator.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { createLog } from '../../../src/observe/log.ts'
import { readKeySet } from '../../../src/oidc/jwks.ts'
import { readJwt } from '../../../src/oidc/jwt.ts'
import type { OidcRealmSettings } from '../../../src/settings/settings.ts'
import { createSigningKeyPair } from '../../support/scripted-provider.ts'
import { readVectors } from '../../support/vectors.ts'

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

const vectors = readVectors('hostile-jwts.json') as {
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
const validator = createIdTokenValidator({
  settings: {
    rp: { signatureAlgorithm: 'RS256', clientId: 'rp' },
    op: { issuer: vectors.claims['iss'] },
    allowedClockSkew: 60,
  } as OidcRealmSettings,
  keySource: async () => ({
    keys: () => readKeySet(JSON.stringify({ keys: [OURS.jwk] })),
    renew: async () => false,
    close: () => {},
  }),
  clock: () => vectors.now,
  log: createLog('silent'),
})

const encode = (text: string) => Buffer.from(text).toString('base64url')
const change = (good: object, changes: Vector['header'] = {}) =>
  Object.fromEntries(Object.entries({ ...good, ...changes }).filter(([, value]) => value !== null))

function build({ header, claims, payloadText, key, flip, raw }: Vector): string {
  if (raw !== undefined) return raw.replace('~', () => build({ name: '' }))
  const headers = Object.entries(change({ alg: 'RS256', kid: 'key-1' }, header)).map(([name, value]) => [
    name,
    value === 'stranger' ? strangerIn(name) : value,
  ])
  const payload =
    payloadText?.replace(/deep$/, '{"a":'.repeat(10_000)) ?? JSON.stringify(change(vectors.claims, claims))
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

test('there are at least 60 hostile tokens', () => {
  assert.ok(vectors.cases.filter(({ refused }) => refused !== undefined).length >= 60)
})

for (const vector of vectors.cases)
  test(`ID token: ${vector.name}`, async () => {
    const jwt = readJwt(build(vector))
    if (vector.refused === 'no JWT') return assert.equal(jwt, undefined)
    if (jwt === undefined) return assert.equal(vector.refused, 'any')
    const validate = validator.validate(jwt, 'the-nonce')
    if (vector.refused === undefined) return assert.equal((await validate).subject, 'alice')
    await assert.rejects(validate, (error) => {
      assert.ok(error instanceof SecurityError && error.cause instanceof SecurityError)
      assert.equal(error.reason, 'id_token_invalid')
      if (vector.refused !== 'any') assert.equal(error.cause.message, vector.refused)
      return true
    })
  })
