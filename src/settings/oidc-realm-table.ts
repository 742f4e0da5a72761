/**
 * The rows of an OpenID Connect realm, under Elasticsearch's names. Their texts are Elasticsearch's, its stray brackets
 * included, since people search for them.
 */
import { RE2JS } from 're2js'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { buildRealmRows } from './realm-rows.ts'
import { boolean, checked, list, oneOf, text, time, uri } from './setting-types.ts'
import { setting, type SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'

export const REALM_PREFIX = 'xpack.security.authc.realms.oidc.<realm>.'

export const RESPONSE_TYPES = ['code', 'id_token', 'id_token token'] as const
const HMAC = ['HS256', 'HS384', 'HS512'] as const
const RSA = ['RS256', 'RS384', 'RS512'] as const
const EC = ['ES256', 'ES384', 'ES512'] as const
const PSS = ['PS256', 'PS384', 'PS512'] as const
const STRAY_BRACKETS = '}]'

/** What the client's assertion may be signed with, by the method that makes one. */
export const ASSERTION_ALGORITHMS = {
  client_secret_jwt: oneOf(HMAC, STRAY_BRACKETS),
  private_key_jwt: oneOf([...RSA, ...PSS, ...EC], STRAY_BRACKETS),
}

/** For what is required and absent: the problem is recorded, and reading goes on. */
const STAND_IN = '-'

const claimName: SettingType<string> = {
  expects: 'claim name',
  read(found, key) {
    if (typeof found !== 'string' || found.trim() === '')
      throw new ValueError(`Invalid null or empty claim name for [${key}].`)
    return found
  },
}

const claimPattern = checked(text, 'regular expression (RE2)', (value, key) => {
  try {
    RE2JS.compile(value)
  } catch {
    throw new ValueError(`Invalid claim value regex pattern for [${key}].`)
  }
})

const jwksetPath = checked(text, 'file, or URL', (value) => {
  if (!/^http:/i.test(value)) return
  if (URL.canParse(value) && isLoopbackHost(new URL(value).hostname)) return
  throw new ValueError('The [http] protocol is not supported as it is insecure. Use [https] instead')
})

export const RP = {
  clientId: setting({
    key: `${REALM_PREFIX}rp.client_id`,
    type: filled(text),
    default: STAND_IN,
    required: isRequired,
    description: 'The client id that the provider gave.',
  }),
  clientSecret: setting({
    key: `${REALM_PREFIX}rp.client_secret`,
    type: text,
    secure: true,
    description:
      'The client secret that the provider gave. Required, except with the methods `private_key_jwt` and `none` and an ' +
      'ID token that is not signed with an HMAC. HMAC signatures need 32 bytes at least, `client_secret_jwt` as many as ' +
      'its algorithm has: 48 by default.',
  }),
  redirectUri: setting({
    key: `${REALM_PREFIX}rp.redirect_uri`,
    type: filled(uri),
    default: STAND_IN,
    required: isRequired,
    description:
      'Where the provider sends the browser back: `<portal>/api/security/oidc/callback` for the code flow, ' +
      '`<portal>/api/security/oidc/implicit` for the implicit ones. Registered at the provider, character for character.',
  }),
  responseType: setting({
    key: `${REALM_PREFIX}rp.response_type`,
    type: oneOf(RESPONSE_TYPES),
    default: 'code',
    required: (key) => `Invalid value [] for [${key}]. Allowed values are [${RESPONSE_TYPES.join(', ')}]`,
    description: 'The flow: `code` for the authorization code flow, the others for the implicit ones.',
  }),
  requestedScopes: setting({
    key: `${REALM_PREFIX}rp.requested_scopes`,
    type: list,
    default: ['openid'],
    description: 'The scopes to ask for, in this order. `openid` is appended if it is missing.',
  }),
  signatureAlgorithm: setting({
    key: `${REALM_PREFIX}rp.signature_algorithm`,
    type: oneOf([...HMAC, ...RSA, ...EC, ...PSS], STRAY_BRACKETS),
    default: 'RS256',
    description: 'The one algorithm that the ID token may be signed with.',
  }),
  postLogoutRedirectUri: setting({
    key: `${REALM_PREFIX}rp.post_logout_redirect_uri`,
    type: uri,
    description:
      'Where the provider sends the browser after signing out: `<portal>/security/logged_out`. Registered at the ' +
      'provider. It should be a page that starts no new login.',
  }),
  clientAuthMethod: setting({
    key: `${REALM_PREFIX}rp.client_auth_method`,
    type: oneOf(
      ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
      STRAY_BRACKETS,
    ),
    default: 'client_secret_basic',
    description: 'How the realm proves itself at the token endpoint.',
  }),
  clientAuthJwtSignatureAlgorithm: setting({
    key: `${REALM_PREFIX}rp.client_auth_jwt_signature_algorithm`,
    // Judged when the method is known: `ASSERTION_ALGORITHMS`.
    type: text,
    defaultText: '`HS384`; with `private_key_jwt` `RS256`, or what the curve of the key demands',
    description:
      'What the assertion is signed with: `HS256`, `HS384` or `HS512` with `client_secret_jwt`; `RS…`, `PS…` or `ES…` of the ' +
      'same lengths with `private_key_jwt`.',
  }),
  clientAuthJwtSigningKey: setting({
    key: `${REALM_PREFIX}rp.client_auth_jwt_signing_key`,
    type: text,
    secure: true,
    description: 'The private key of `private_key_jwt`: PEM (PKCS#8) or a JWK, whose `kid` goes into the header.',
  }),
  pkce: setting({
    key: `${REALM_PREFIX}rp.pkce`,
    type: boolean,
    default: 'true',
    description: 'PKCE (S256) in the code flow. `false` only for providers that refuse it.',
  }),
}

const DISCOVERED = 'by discovery'

export const OP = {
  issuer: setting({
    key: `${REALM_PREFIX}op.issuer`,
    type: filled(text),
    default: STAND_IN,
    required: isRequired,
    description: "The provider's issuer, compared exactly: case, slash and all.",
  }),
  authorizationEndpoint: setting({
    key: `${REALM_PREFIX}op.authorization_endpoint`,
    type: uri,
    defaultText: DISCOVERED,
    description: 'Where a login begins.',
  }),
  tokenEndpoint: setting({
    key: `${REALM_PREFIX}op.token_endpoint`,
    type: uri,
    defaultText: DISCOVERED,
    description: 'Where a code becomes tokens; for the code flow only.',
  }),
  userinfoEndpoint: setting({
    key: `${REALM_PREFIX}op.userinfo_endpoint`,
    type: uri,
    description:
      'More claims than the ID token has. Left out, it is never called, unless discovery runs for another setting.',
  }),
  endsessionEndpoint: setting({
    key: `${REALM_PREFIX}op.endsession_endpoint`,
    type: uri,
    description: 'Where a logout continues. Left out, logout ends here, unless discovery runs for another setting.',
  }),
  jwksetPath: setting({
    key: `${REALM_PREFIX}op.jwkset_path`,
    type: jwksetPath,
    defaultText: DISCOVERED,
    description:
      "The provider's keys: an `https` URL (`http` for loopback hosts), or a file relative to the folder of the settings " +
      'file.',
  }),
}

function claimRow(property: string, description: string) {
  return setting({ key: `${REALM_PREFIX}claims.${property}`, type: claimName, description })
}

function patternRow(property: string) {
  return setting({
    key: `${REALM_PREFIX}claim_patterns.${property}`,
    type: claimPattern,
    description: `Takes a part of the claim: its first capture group, per value; a value that does not match is dropped.`,
  })
}

export const CLAIMS = {
  principal: setting({
    key: `${REALM_PREFIX}claims.principal`,
    type: claimName,
    default: STAND_IN,
    required: (key) => `Setting [${key}] is required`,
    description:
      'The claim with the user name. A value that begins with `/` is a JSON pointer; this holds for all claims.',
  }),
  groups: claimRow('groups', 'The claim with the groups, for role mappings.'),
  name: claimRow('name', 'The claim with the full name.'),
  mail: claimRow('mail', 'The claim with the e-mail address.'),
  dn: claimRow('dn', 'The claim with the distinguished name, for role mappings.'),
}

export const CLAIM_PATTERNS = {
  principal: patternRow('principal'),
  groups: patternRow('groups'),
  name: patternRow('name'),
  mail: patternRow('mail'),
  dn: patternRow('dn'),
}

export const REALM = {
  ...buildRealmRows(REALM_PREFIX),
  allowedClockSkew: setting({
    key: `${REALM_PREFIX}allowed_clock_skew`,
    type: time(),
    default: '60s',
    description: 'How far the clocks of provider and Ostiary may differ, for `exp`, `iat` and `nbf`.',
  }),
  authorizationRealms: setting({
    key: `${REALM_PREFIX}authorization_realms`,
    type: list,
    default: [],
    description:
      'Realms in which the user is looked up by its name, in this order: LDAP realms, or `default_native`. The user found ' +
      'there is taken with its roles, in place of what the claims and role mappings would make.',
  }),
  populateUserMetadata: setting({
    key: `${REALM_PREFIX}populate_user_metadata`,
    type: boolean,
    default: 'true',
    description: "Shows the claims in the user's metadata, as `oidc(<claim>)`.",
  }),
}

/** Empty is as good as absent. */
function filled<T>(type: SettingType<T>): SettingType<T> {
  return {
    expects: type.expects,
    read(found, key) {
      if (found === '') throw new ValueError(isRequired(key))
      return type.read(found, key)
    },
  }
}

function isRequired(key: string): string {
  return `The configuration setting [${key}] is required`
}
