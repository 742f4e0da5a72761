/** The rows of the OpenID Provider. */
import { isHostListEntry } from '../kernel/host-list.ts'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { boolean, checked, host, integer, list, oneOf, someOf, text, time } from './setting-types.ts'
import { setting } from './setting.ts'
import { ValueError } from './settings-error.ts'
import { buildTlsRows } from './tls-settings.ts'

export const RESOURCE_PREFIX = 'provider.resources.<identifier>.'

/** What the provider itself gives. A scope of an API must be told apart from these. */
export const PROVIDER_SCOPES = ['openid', 'offline_access', 'profile', 'email', 'address', 'phone', 'groups']

/** OpenID Connect Discovery 1.0 §3: the issuer is a URL without query and fragment. */
const issuer = checked(text, 'URL', (value, key) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (isSafe && !/[\s?#]/.test(value)) return
  const expected = 'Expected an https URL, or http on a loopback host, without query and fragment'
  throw new ValueError(`Invalid value [${value}] for [${key}]. ${expected}.`)
})

const path = checked(text, 'path', (value, key) => {
  if (/^(?:\/[\w\-.~]+)+$/.test(value)) return
  throw new ValueError(`Invalid value [${value}] for [${key}]. Expected a path such as [/session/end_session].`)
})

const hosts = checked(list, 'list of hosts', (entries, key) => {
  const bad = entries.find((entry) => !isHostListEntry(entry))
  if (bad === undefined) return
  throw new ValueError(`Invalid value [${bad}] for [${key}]. Expected a host name, an address or a block of addresses.`)
})

const lifetime = time('1s')

/** RFC 6749 §3.3. */
const scope = checked(text, 'names separated by blanks', (value, key) => {
  if (/^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/.test(value)) return
  throw new ValueError(`Invalid value [${value}] for [${key}]. Expected names separated by single blanks.`)
})

export const PROVIDER = {
  issuer: setting({
    key: 'provider.issuer',
    type: issuer,
    default: 'http://127.0.0.1:4455',
    description:
      'The issuer, exactly as the relying parties write it; all URLs of the provider begin with it. `https`, or `http` on ' +
      'a loopback host.',
  }),
  host: setting({
    key: 'provider.host',
    type: host,
    default: '127.0.0.1',
    description: 'The address of the provider.',
  }),
  port: setting({
    key: 'provider.port',
    type: integer(0, 65_535),
    default: '4455',
    description: 'The port of the provider; `0` takes a free one.',
  }),
  trustedProxies: setting({
    key: 'provider.trusted_proxies',
    type: hosts,
    default: [],
    description:
      'Addresses and blocks of addresses of proxies whose `X-Forwarded-For` is believed, for the limit of failed logins ' +
      'and the audit log. Host and scheme always come from the issuer.',
  }),
  accountsSource: setting({
    key: 'provider.accounts.source',
    type: oneOf(['file', 'native']),
    default: 'file',
    description:
      'Who can sign in: the accounts of the file, or the users that the security API keeps (`native`), with their names ' +
      'as subjects and their roles as groups. While such a user is disabled, no session and token of theirs counts; what a ' +
      'deleted user had never counts again.',
  }),
  accountsPath: setting({
    key: 'provider.accounts.path',
    type: text,
    default: 'provider-users.yml',
    description: 'The file of the accounts, relative to the folder of the settings file. Watched.',
  }),
  responseTypes: setting({
    key: 'provider.response_types',
    type: someOf(['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token']),
    default: ['code'],
    description:
      'What clients may register as `response_types`. All but `code` send tokens through the browser, where they leak more ' +
      'easily; leave them out unless a client can do nothing else.',
  }),
  registrationEnabled: setting({
    key: 'provider.registration.enabled',
    type: boolean,
    default: 'false',
    description:
      'Whether programs can register themselves as clients, with a token or, if `provider.registration.open` says so, ' +
      'without. People are always asked before such a client gets to know them.',
  }),
  registrationToken: setting({
    key: 'provider.registration.initial_access_token',
    type: checked(text, 'text of at least 32 characters', (value, key) => {
      if (value.length < 32) throw new ValueError(`The value of [${key}] must have at least 32 characters`)
    }),
    secure: true,
    description: 'What a program shows to register itself.',
  }),
  registrationOpen: setting({
    key: 'provider.registration.open',
    type: boolean,
    default: 'false',
    description: 'Whether anybody who reaches the provider can register clients without a token, as many as they like.',
  }),
  endSessionEnabled: setting({
    key: 'provider.end_session.enabled',
    type: boolean,
    default: 'true',
    description: 'Whether relying parties can sign people out here.',
  }),
  accessTokenHintMayRedirect: setting({
    key: 'provider.end_session.access_token_hint_may_redirect',
    type: boolean,
    default: 'false',
    description:
      'Whether an access token as the hint is enough to return to the relying party. A client can have its own setting.',
  }),
  strictErrors: setting({
    key: 'provider.end_session.strict_errors',
    type: boolean,
    default: 'false',
    description:
      'Whether a hint that is not usable, or an address that is not registered, is an error (400) instead of a note on ' +
      'the page.',
  }),
  headlessLogout: setting({
    key: 'provider.end_session.headless_logout',
    type: boolean,
    default: 'false',
    description:
      'Whether a program without a browser can end a session by a POST with its access token. Any server that saw the ' +
      'token can then do so too.',
  }),
  allowedHosts: setting({
    key: 'provider.outbound.allowed_hosts',
    type: hosts,
    default: [],
    description:
      'Hosts, addresses and blocks of addresses that calls to clients (logout notices, `jwks_uri`) may reach although ' +
      'they are not of the public internet. To these, `http` is allowed too.',
  }),
  keysRotateEvery: setting({
    key: 'provider.keys.rotate_every',
    type: time(),
    default: '90d',
    description:
      'How long a key signs before the next one is published; `0` leaves it to `ostiary provider keys rotate`.',
  }),
  keysAnnounce: setting({
    key: 'provider.keys.announce',
    type: time('24h'),
    default: '24h',
    description: 'How long a new key is published before it signs.',
  }),
  keysRetain: setting({
    key: 'provider.keys.retain',
    type: time('1h'),
    default: '30d',
    description: 'How long a former key is published and verifies; hints that it signed are unusable afterwards.',
  }),
  hintRetention: setting({
    key: 'provider.end_session.hint_retention',
    type: time(),
    default: '24h',
    description: 'How long an expired access token is still known as a hint.',
  }),
}

export const PROVIDER_TLS = buildTlsRows('provider.ssl.', 'the provider')

export const ROUTES = {
  authorization: routeRow('authorization', '/authz-srv/authz', 'The authorization endpoint.'),
  token: routeRow('token', '/token-srv/token', 'The token endpoint.'),
  revocation: routeRow('revocation', '/token-srv/revoke', 'The revocation endpoint.'),
  introspection: routeRow('introspection', '/token-srv/introspect', 'The introspection endpoint.'),
  userinfo: routeRow('userinfo', '/users-srv/userinfo', 'The userinfo endpoint.'),
  jwks: routeRow('jwks', '/.well-known/jwks.json', 'The public keys.'),
  endSession: routeRow('end_session', '/session/end_session', 'The end-session endpoint.'),
  registration: routeRow('registration', '/register', 'The registration endpoint, if there is one.'),
}

export const TTL = {
  session: ttlRow('session', '1d', 'How long somebody who does nothing stays signed in at the provider.'),
  interaction: ttlRow('interaction', '10m', 'How long somebody may take to sign in.'),
  code: ttlRow('code', '60s', 'The life of an authorization code.'),
  accessToken: ttlRow('access_token', '1h', 'The life of an opaque access token.'),
  jwtAccessToken: ttlRow(
    'jwt_access_token',
    '10m',
    'The life of an access token that is a JWT. It ends by itself only: no sign-out and no revocation reaches it.',
  ),
  idToken: ttlRow('id_token', '1h', 'The life of an ID token.'),
  refreshToken: ttlRow('refresh_token', '14d', 'The life of a refresh token.'),
}

/** RFC 8707. */
export const RESOURCE = {
  scope: setting({
    key: `${RESOURCE_PREFIX}scope`,
    type: scope,
    default: 'scope',
    required: (key) => `Setting [${key}] is required`,
    description: 'What clients can ask for at this API, separated by blanks. The identifier is an absolute URI.',
  }),
  accessTokenFormat: setting({
    key: `${RESOURCE_PREFIX}access_token_format`,
    type: oneOf(['opaque', 'jwt']),
    default: 'opaque',
    description:
      'Whether its access tokens are looked up here (`opaque`) or can be checked by the API alone (`jwt`, RFC 9068).',
  }),
}

function routeRow(name: string, route: string, description: string) {
  return setting({ key: `provider.routes.${name}`, type: path, default: route, description })
}

function ttlRow(name: string, life: string, description: string) {
  return setting({ key: `provider.ttl.${name}`, type: lifetime, default: life, description })
}
