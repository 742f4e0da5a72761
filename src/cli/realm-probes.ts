/**
 * What a realm asks of its live provider: a TLS handshake, its keys, the token endpoint with a made-up code, and the
 * authorization endpoint with the wish that nobody be asked.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readJsonObject } from '../kernel/json.ts'
import { randomText } from '../kernel/random.ts'
import type { Outbound, OutboundAnswer } from '../net/outbound.ts'
import { inspectTlsChain } from '../net/tls-chain.ts'
import { describeError } from '../observe/log.ts'
import { createAuthenticationUrls } from '../oidc/authentication-request.ts'
import { createClientCredentials, readSigningKey, type ClientAuthentication } from '../oidc/client-authentication.ts'
import { readKeySet, type KeySet } from '../oidc/jwks.ts'
import { textMember } from '../oidc/jwt.ts'
import { buildCodeChallenge } from '../oidc/pkce.ts'
import { buildTokenRequestBody } from '../oidc/token-request.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import type { Finding } from './finding.ts'

export interface RealmUnderCheck {
  readonly settings: OidcRealmSettings
  /** Where files that the settings name by a relative path are. */
  readonly directory: string
  readonly outbound: Outbound
  /** Seconds. */
  readonly now: () => number
}

/** The full name of a setting of the realm. */
export function nameSetting({ name }: OidcRealmSettings, row: string): string {
  return `xpack.security.authc.realms.oidc.${name}.${row}`
}

export async function* checkTls({ settings, now }: RealmUnderCheck): AsyncGenerator<Finding> {
  const { op, http } = settings
  const urls = [op.issuer, op.authorizationEndpoint, op.tokenEndpoint, op.userinfoEndpoint, op.jwksetPath]
  const parsed = urls.map((url) => (url === undefined ? null : URL.parse(url)))
  const origins = new Map(parsed.flatMap((url) => (url?.protocol === 'https:' ? [[url.origin, url] as const] : [])))
  const subject = 'TLS'
  if (http.proxy !== undefined) {
    const text = `not looked at: calls go through the proxy ${http.proxy.host}:${http.proxy.port}`
    yield { verdict: 'note', subject, text }
    return
  }
  if (origins.size === 0) yield { verdict: 'note', subject, text: 'none: the provider is on this machine, over http' }
  for (const [origin, url] of origins) {
    try {
      const { names, validTo, protocol, problem } = await inspectTlsChain(url, http)
      const days = Math.floor((validTo / 1000 - now()) / 86_400)
      const chain = `${origin}: ${names.join(' ← ')}, ${protocol}, valid for ${days} days`
      if (problem !== undefined) {
        const text = `${chain}, not trusted: ${problem}`
        yield { verdict: 'problem', subject, text, advice: adviseTrust(settings, problem) }
      } else yield { verdict: days < 14 ? 'note' : 'ok', subject, text: chain }
    } catch (error) {
      const text = `${origin}: no connection: ${describeError(error)}`
      const isPlain = error instanceof Error && 'code' in error && error.code === 'ERR_SSL_WRONG_VERSION_NUMBER'
      const advice = isPlain
        ? 'what answers there speaks no TLS: look at the port, and whether it should be http'
        : 'look at name, port, firewall, and whether a proxy is needed'
      yield { verdict: 'problem', subject, text, advice }
    }
  }
}

function adviseTrust(settings: OidcRealmSettings, problem: string): string {
  if (problem.includes('EXPIRED')) return "the provider's certificate must be renewed"
  if (problem.includes('ALTNAME')) return 'the certificate is for another host: use the name that it has'
  return `name the authority that signed it in ${nameSetting(settings, 'ssl.certificate_authorities')}`
}

export async function checkKeys(
  { settings, directory, outbound }: RealmUnderCheck,
  location: string | undefined,
): Promise<Finding[]> {
  const { rp } = settings
  const subject = 'keys'
  if (rp.signatureAlgorithm.startsWith('HS')) {
    const length = Buffer.byteLength(rp.clientSecret ?? '')
    if (length >= 32) return [{ verdict: 'ok', subject, text: `the client secret, ${length} bytes` }]
    const text = `the client secret is the key, and has ${length} bytes instead of 32 or more`
    return [{ verdict: 'problem', subject, text, advice: 'register a longer secret, or an RS or ES algorithm' }]
  }
  const advice = `check ${nameSetting(settings, 'op.jwkset_path')}`
  if (location === undefined) return [{ verdict: 'problem', subject, text: 'nobody names where the keys are', advice }]
  let keys: KeySet
  try {
    keys = readKeySet(await readText(location, directory, outbound))
  } catch (error) {
    return [{ verdict: 'problem', subject, text: `${location}: ${describeError(error)}`, advice }]
  }
  const type = rp.signatureAlgorithm.startsWith('ES') ? 'EC' : 'RSA'
  const fitting = keys.filter(
    ({ type: each, use, algorithm }) =>
      each === type && (use ?? 'sig') === 'sig' && (algorithm ?? rp.signatureAlgorithm) === rp.signatureAlgorithm,
  )
  const named = fitting.map(({ id }) => id ?? 'without kid').join(', ')
  if (fitting.length > 0) {
    const text = `${location}: ${keys.length} in all, for ${rp.signatureAlgorithm}: ${named}`
    return [{ verdict: 'ok', subject, text }]
  }
  const found = keys.map(({ type: each, algorithm }) => algorithm ?? each).join(', ') || 'none'
  const text = `${location}: no key for ${rp.signatureAlgorithm}; there are: ${found}`
  return [{ verdict: 'problem', subject, text, advice: `check ${nameSetting(settings, 'rp.signature_algorithm')}` }]
}

async function readText(location: string, directory: string, outbound: Outbound): Promise<string> {
  if (!/^https?:/i.test(location)) return readFile(resolve(directory, location), 'utf8')
  const { status, body } = await outbound.get(location)
  if (status !== 200) throw new Error(`the status of the answer is ${status}`)
  return body
}

/** RFC 6749 §5.2, and what glewlwyd says instead. */
const CODE_REFUSED = new Set(['invalid_grant', 'invalid_code'])

/** A made-up code: whoever refuses the code, and not the client, has believed the client (RFC 6749 §5.2). */
export async function checkCredentials(
  { settings, outbound, now }: RealmUnderCheck,
  endpoint: string | undefined,
): Promise<Finding> {
  const { rp } = settings
  const subject = 'credentials'
  if (endpoint === undefined) return { verdict: 'problem', subject, text: 'not tried: no token endpoint' }
  const method = rp.clientAuthMethod
  let answer: OutboundAnswer
  try {
    const credentials = await createClientCredentials(readAuthentication(rp), rp.clientId)(endpoint, now())
    const form = buildTokenRequestBody(
      randomText(32),
      rp.redirectUri,
      rp.pkce ? randomText(32) : undefined,
      credentials,
    )
    answer = await outbound.post(endpoint, form, { authorization: credentials.authorization })
  } catch (error) {
    const text = `${endpoint} cannot be asked: ${describeError(error)}`
    return { verdict: 'problem', subject, text, advice: `check ${nameSetting(settings, 'op.token_endpoint')}` }
  }
  const error = textMember(readJsonObject(answer.body) ?? {}, 'error')
  const who = `client [${rp.clientId}] with ${method}`
  if (error !== undefined && CODE_REFUSED.has(error))
    return { verdict: 'ok', subject, text: `the provider knows the ${who}` }
  const said = `${answer.status} ${error ?? 'without an OAuth error'}`
  if (error === 'invalid_client' || answer.status === 401) {
    const secret = method === 'private_key_jwt' ? 'rp.client_auth_jwt_signing_key' : 'rp.client_secret'
    const advice =
      `compare ${nameSetting(settings, 'rp.client_id')}, rp.client_auth_method and, in the keystore, ${secret} ` +
      'with what is registered at the provider'
    return { verdict: 'problem', subject, text: `the provider refuses the ${who}: ${said}`, advice }
  }
  if (error === 'unauthorized_client') {
    const advice =
      'allow the grant type authorization_code for this client at the provider; some say this of a wrong secret too'
    return { verdict: 'problem', subject, text: `the ${who} may not redeem codes: ${said}`, advice }
  }
  const advice =
    error === undefined
      ? `check that ${endpoint} is the token endpoint`
      : 'the provider has words of its own: only a login shows whether the client is right'
  return { verdict: 'note', subject, text: `the answer for the ${who} tells nothing: ${said}`, advice }
}

function readAuthentication(rp: OidcRealmSettings['rp']): ClientAuthentication {
  const { clientAuthMethod: method, clientSecret: secret = '', clientAuthJwtSignatureAlgorithm: algorithm } = rp
  if (method === 'none') return { method }
  if (method === 'private_key_jwt') return { method, key: readSigningKey(rp.clientAuthJwtSigningKey ?? '', algorithm) }
  return { method, secret, algorithm }
}

/** `prompt=none` (OIDC Core 1.0 §3.1.2.1): the provider asks nobody and sends the error to the redirect URI, if it may. */
export async function checkRedirectUri(
  { settings, outbound }: RealmUnderCheck,
  endpoint: string | undefined,
): Promise<Finding> {
  const { rp } = settings
  const subject = 'redirect URI'
  if (endpoint === undefined) return { verdict: 'problem', subject, text: 'not tried: no authorization endpoint' }
  const withPrompt = new URL(endpoint)
  withPrompt.searchParams.append('prompt', 'none')
  const buildUrl = createAuthenticationUrls({
    endpoint: withPrompt.href,
    responseType: rp.responseType,
    clientId: rp.clientId,
    redirectUri: rp.redirectUri,
    scopes: rp.requestedScopes,
  })
  const url = buildUrl({
    state: randomText(32),
    nonce: randomText(32),
    loginHint: undefined,
    codeChallenge: rp.responseType === 'code' && rp.pkce ? buildCodeChallenge(randomText(32)) : undefined,
  })
  let answer: OutboundAnswer
  try {
    answer = await outbound.get(url, { follow: false })
  } catch (error) {
    const advice = `check ${nameSetting(settings, 'op.authorization_endpoint')}`
    return { verdict: 'problem', subject, text: `${endpoint} cannot be asked: ${describeError(error)}`, advice }
  }
  const target = answer.location === undefined ? null : URL.parse(answer.location, endpoint)
  if (target !== null && target.href.startsWith(URL.parse(rp.redirectUri)?.href ?? rp.redirectUri)) {
    const parameters = new URLSearchParams(target.hash === '' ? target.search : target.hash.slice(1))
    const error = parameters.get('error') ?? 'none'
    if (ASKS_FOR_USER.has(error)) return { verdict: 'ok', subject, text: `${rp.redirectUri} is registered` }
    const text = `${rp.redirectUri} is registered, but the provider refuses the request: ${error}`
    return { verdict: 'problem', subject, text, advice: adviseRequest(settings, error) }
  }
  if (target !== null) {
    const text = `the provider went on to ${target.origin}${target.pathname}: it seems to take the request`
    return { verdict: 'note', subject, text }
  }
  if (answer.status < 400)
    return { verdict: 'note', subject, text: 'the provider shows a page: it seems to take the request' }
  const text = `the provider answers ${answer.status} to a login with ${rp.redirectUri}`
  const advice = `register exactly this redirect URI for the client [${rp.clientId}], and check the client id`
  return { verdict: 'problem', subject, text, advice }
}

/** What a provider says if it would have to show a page; `none`: somebody is signed in, and it did not need to. */
const ASKS_FOR_USER = new Set([
  'none',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

function adviseRequest(settings: OidcRealmSettings, error: string): string {
  if (error === 'invalid_scope') return `look at ${nameSetting(settings, 'rp.requested_scopes')}`
  if (error === 'unsupported_response_type' || error === 'unauthorized_client')
    return `allow the response type [${settings.rp.responseType}] for this client at the provider`
  if (settings.rp.pkce) return `if it does not know PKCE: ${nameSetting(settings, 'rp.pkce')}: false`
  return 'the log of the provider says more'
}
