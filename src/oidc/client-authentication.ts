import { createPrivateKey, createSecretKey, randomUUID, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject } from '../kernel/json.ts'
import { formEncode, type Parameters } from './endpoint-url.ts'
import { textMember } from './jwt.ts'

const ASSERTION_LIFETIME = 60

/** How we prove at the token endpoint who we are (OIDC Core 1.0 §9). */
export type ClientAuthentication =
  | { readonly method: 'client_secret_basic'; readonly secret: string }
  | { readonly method: 'client_secret_post'; readonly secret: string }
  /** `algorithm`: HS256, HS384 or HS512. */
  | { readonly method: 'client_secret_jwt'; readonly secret: string; readonly algorithm: string }
  | { readonly method: 'private_key_jwt'; readonly key: SigningKey }
  | { readonly method: 'none' }

export interface SigningKey {
  readonly key: KeyObject
  readonly id: string | undefined
  readonly algorithm: string
}

/** What the credentials add to a token request. */
export interface ClientCredentials {
  readonly authorization: string | undefined
  readonly parameters: Parameters
}

/**
 * Reads the key of `private_key_jwt`: PEM (PKCS#8), or a JWK, whose `kid` goes into the assertion's header.
 * @throws Error if the text is no private key
 */
export function readSigningKey(text: string, algorithm: string): SigningKey {
  const jwk = readJsonObject(text)
  const key = createPrivateKey(jwk === undefined ? text : { key: jwk, format: 'jwk' })
  return { key, id: jwk === undefined ? undefined : textMember(jwk, 'kid'), algorithm }
}

/**
 * Gets ready to build the credentials of token requests: what is the same for each of them is built once.
 * @returns `now` is in seconds; rejects with SecurityError `code_exchange_failed` if the secret is too short for the
 *   algorithm of `client_secret_jwt`
 */
export function createClientCredentials(
  authentication: ClientAuthentication,
  clientId: string,
): (tokenEndpoint: string, now: number) => ClientCredentials | Promise<ClientCredentials> {
  const always = (credentials: ClientCredentials) => () => credentials
  switch (authentication.method) {
    case 'none':
      return always({ authorization: undefined, parameters: [['client_id', clientId]] })
    case 'client_secret_basic':
      return always({ authorization: basicCredentials(clientId, authentication.secret), parameters: [] })
    case 'client_secret_post': {
      const { secret } = authentication
      return always({
        authorization: undefined,
        parameters: [
          ['client_id', clientId],
          ['client_secret', secret],
        ],
      })
    }
    case 'client_secret_jwt':
      return async (...request) => buildAssertion(hmacKey(authentication), clientId, ...request)
    case 'private_key_jwt':
      return (...request) => buildAssertion(authentication.key, clientId, ...request)
  }
  return authentication satisfies never
}

/** RFC 6749 §2.3.1: each half is form-encoded before they are joined. */
function basicCredentials(clientId: string, secret: string): string {
  const [user, password] = [clientId, secret].map((text) => formEncode([['', text]]).slice(1))
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** RFC 7518 §3.2: a key of the size of the hash at least. */
function hmacKey({ secret, algorithm }: { readonly secret: string; readonly algorithm: string }): SigningKey {
  const key = Buffer.from(secret)
  const bits = Number(algorithm.slice(2))
  if (key.length * 8 >= bits) return { key: createSecretKey(key), id: undefined, algorithm }
  throw new SecurityError('code_exchange_failed', `The secret length must be at least ${bits} bits`)
}

/** RFC 7523 §2.2 and §3. */
async function buildAssertion(
  { key, id, algorithm }: SigningKey,
  clientId: string,
  tokenEndpoint: string,
  now: number,
): Promise<ClientCredentials> {
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: algorithm, ...(id === undefined ? {} : { kid: id }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenEndpoint)
    .setJti(randomUUID())
    .setExpirationTime(Math.floor(now) + ASSERTION_LIFETIME)
    .sign(key)
  return {
    authorization: undefined,
    parameters: [
      ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      ['client_assertion', assertion],
    ],
  }
}
