/** Reads the OpenID Connect realms: the rules between the settings of a realm, in the order in which they are checked. */
import { isLoopbackHost } from '../kernel/loopback.ts'
import { ASSERTION_ALGORITHMS, CLAIM_PATTERNS, CLAIMS, OP, REALM, REALM_PREFIX, RP } from './oidc-realm-table.ts'
import { readOutbound } from './outbound-settings.ts'
import { buildKey, type Setting } from './setting.ts'
import type { OidcRealmSettings, UserProperty } from './settings.ts'
import { readSigningAlgorithm } from './signing-key.ts'
import type { Values } from './values.ts'

const OPTIONAL_PROPERTIES = ['groups', 'dn', 'name', 'mail'] as const

/** The folder that relative paths start at, and how messages name the two files. */
export interface SettingsPlaces {
  readonly directory: string
  readonly fileName: string
  readonly keystoreFile: string
}

/** @returns the enabled realms, in ascending order */
export function readOidcRealms(values: Values, places: SettingsPlaces): OidcRealmSettings[] {
  const realms = values.names(REALM_PREFIX).map(([realm = '']) => realm)
  for (const [realm = ''] of values.names(REALM_PREFIX, 'keystore')) {
    if (realms.includes(realm)) continue
    const found = `found settings for the realm [${realm}] (with type [oidc]) in the secure settings (${places.keystoreFile})`
    values.refuse(REALM.order, [realm], `${found}, but this realm does not have any settings in ${places.fileName}.`)
  }
  checkOrders(values, realms)
  return realms
    .filter((realm) => values.get(REALM.enabled, realm))
    .map((realm) => readRealm(values, realm, places.directory))
    .toSorted((a, b) => a.order - b.order)
}

function checkOrders(values: Values, realms: readonly string[]): void {
  const withOrder = realms.filter((realm) => values.isSet(REALM.order, realm))
  for (const [order, same] of Map.groupBy(withOrder, (realm) => values.get(REALM.order, realm))) {
    const [, second] = same
    if (second === undefined) continue
    const names = same.map((realm) => `oidc.${realm}`).join(', ')
    values.refuse(REALM.order, [second], `Found multiple realms configured with the same order [${order}]: [${names}]`)
  }
}

function readRealm(values: Values, name: string, directory: string): OidcRealmSettings {
  return {
    name,
    order: values.get(REALM.order, name),
    authorizationRealms: values.get(REALM.authorizationRealms, name),
    rp: readRp(values, name),
    op: readOp(values, name),
    ...readClaims(values, name),
    allowedClockSkew: values.get(REALM.allowedClockSkew, name),
    populateUserMetadata: values.get(REALM.populateUserMetadata, name),
    http: readOutbound(values, name, directory),
  }
}

function readRp(values: Values, realm: string): OidcRealmSettings['rp'] {
  const redirectUri = values.get(RP.redirectUri, realm)
  const postLogoutRedirectUri = values.get(RP.postLogoutRedirectUri, realm) || undefined
  warnOfNewLogin(values, realm, redirectUri, postLogoutRedirectUri)
  const clientId = values.get(RP.clientId, realm)
  const method = values.get(RP.clientAuthMethod, realm)
  const signatureAlgorithm = values.get(RP.signatureAlgorithm, realm)

  const clientSecret = values.get(RP.clientSecret, realm)
  const needsSecret = (method !== 'private_key_jwt' && method !== 'none') || signatureAlgorithm.startsWith('HS')
  if (needsSecret && clientSecret === undefined) refuseAbsent(values, RP.clientSecret, realm)

  const clientAuthJwtSigningKey = values.get(RP.clientAuthJwtSigningKey, realm)
  const needsKey = method === 'private_key_jwt'
  if (needsKey && clientAuthJwtSigningKey === undefined) refuseAbsent(values, RP.clientAuthJwtSigningKey, realm)

  return {
    clientId,
    clientSecret,
    redirectUri,
    responseType: values.get(RP.responseType, realm),
    requestedScopes: [...new Set([...values.get(RP.requestedScopes, realm), 'openid'])],
    signatureAlgorithm,
    postLogoutRedirectUri,
    clientAuthMethod: method,
    clientAuthJwtSignatureAlgorithm: readAssertionAlgorithm(
      values,
      realm,
      needsKey ? clientAuthJwtSigningKey : undefined,
    ),
    clientAuthJwtSigningKey,
    pkce: values.get(RP.pkce, realm),
  }
}

const PORTAL_CALLBACK = /\/api\/security\/oidc\/(?:callback|implicit)$/

/** Every page of the portal but one wants a session, and would sign whoever just left in again. */
function warnOfNewLogin(values: Values, realm: string, redirectUri: string, returnUri: string | undefined): void {
  if (returnUri === undefined || !PORTAL_CALLBACK.test(redirectUri)) return
  const portal = redirectUri.replace(PORTAL_CALLBACK, '')
  const loggedOut = `${portal}/security/logged_out`
  const [path = ''] = returnUri.split(/[?#]/)
  if (path === loggedOut || (path !== portal && !path.startsWith(`${portal}/`))) return
  const key = buildKey(RP.postLogoutRedirectUri, [realm])
  values.warn(`[${key}] is [${returnUri}], where the portal starts a new login: expected [${loggedOut}]`)
}

/** Which algorithms are allowed, and which one is meant if none is set, depends on the method and its key. */
function readAssertionAlgorithm(values: Values, realm: string, signingKey: string | undefined): string {
  const row = RP.clientAuthJwtSignatureAlgorithm
  const method = values.get(RP.clientAuthMethod, realm) === 'private_key_jwt' ? 'private_key_jwt' : 'client_secret_jwt'
  const found = values.get(row, realm)
  const configured =
    found === undefined
      ? undefined
      : values.attempt(row, [realm], () => ASSERTION_ALGORITHMS[method].read(found, buildKey(row, [realm])))
  const byKey =
    signingKey === undefined
      ? undefined
      : values.attempt(RP.clientAuthJwtSigningKey, [realm], () => readSigningAlgorithm(signingKey, configured))
  return byKey ?? configured ?? 'HS384'
}

function readOp(values: Values, realm: string): OidcRealmSettings['op'] {
  const issuer = values.get(OP.issuer, realm)
  const read = (setting: Setting<string | undefined>) => values.get(setting, realm) || undefined
  const op = {
    issuer,
    jwksetPath: read(OP.jwksetPath),
    authorizationEndpoint: read(OP.authorizationEndpoint),
    tokenEndpoint: read(OP.tokenEndpoint),
    userinfoEndpoint: read(OP.userinfoEndpoint),
    endsessionEndpoint: read(OP.endsessionEndpoint),
  }
  if (!values.isSet(OP.issuer, realm) || canDiscover(issuer)) return op

  // What discovery cannot bring must be set, and not to nothing. Other problems with a value are recorded already.
  const isMissing = (setting: Setting<string | undefined>) =>
    !values.isSet(setting, realm) || values.get(setting, realm) === ''
  if (isMissing(OP.jwksetPath)) refuseAbsent(values, OP.jwksetPath, realm)
  if (isMissing(OP.authorizationEndpoint)) refuseAbsent(values, OP.authorizationEndpoint, realm)
  if (isMissing(OP.tokenEndpoint) && values.get(RP.responseType, realm) === 'code') {
    const [tokenEndpoint, responseType] = [buildKey(OP.tokenEndpoint, [realm]), buildKey(RP.responseType, [realm])]
    const text = `The configuration setting [${tokenEndpoint}] is required when [${responseType}] is set to "code"`
    values.refuse(OP.tokenEndpoint, [realm], text)
  }
  return op
}

/** Discovery needs an issuer that a document can be fetched from safely. */
function canDiscover(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false
  const { protocol, hostname } = new URL(issuer)
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}

function readClaims(values: Values, realm: string): Pick<OidcRealmSettings, 'claims' | 'claimPatterns'> {
  const claims: { [property in UserProperty]?: string } & { principal: string } = {
    principal: values.get(CLAIMS.principal, realm),
  }
  const claimPatterns: { [property in UserProperty]?: string } = {}
  const principalPattern = values.get(CLAIM_PATTERNS.principal, realm)
  if (principalPattern !== undefined) claimPatterns.principal = principalPattern

  for (const property of OPTIONAL_PROPERTIES) {
    const claim = values.get(CLAIMS[property], realm)
    const pattern = values.get(CLAIM_PATTERNS[property], realm)
    if (claim !== undefined) claims[property] = claim
    if (pattern !== undefined) claimPatterns[property] = pattern
    if (values.isSet(CLAIM_PATTERNS[property], realm) && !values.isSet(CLAIMS[property], realm)) {
      const [patternKey, claimKey] = [CLAIM_PATTERNS[property], CLAIMS[property]].map((row) => buildKey(row, [realm]))
      const text = `Setting [${patternKey}] cannot be set unless [${claimKey}] is also set`
      values.refuse(CLAIM_PATTERNS[property], [realm], text)
    }
  }
  return { claims, claimPatterns }
}

function refuseAbsent(values: Values, setting: Setting<unknown>, realm: string): void {
  values.refuse(setting, [realm], `The configuration setting [${buildKey(setting, [realm])}] is required`)
}
