/** The rows of the portal, under Kibana's names. */
import { hostname } from 'node:os'
import { readDuration } from '../kernel/duration.ts'
import { headerValue } from './portal-http-table.ts'
import { boolean, checked, host, integer, list, oneOf, readText, text } from './setting-types.ts'
import { setting, type SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'
import { buildTlsRows } from './tls-settings.ts'

export const PROVIDER_ENTRY_PREFIX = 'xpack.security.authc.providers.<type>.<name>.'

const MIN_KEY_LENGTH = 32
const MIN_CLEANUP_SECONDS = 10

/** Kibana's durations: milliseconds as a number, or with a unit. Seconds; nothing after the colon and `0` mean off. */
const duration: SettingType<number> = {
  expects: 'time, or milliseconds',
  read(found, key) {
    if (found === null) return 0
    const value = readText(found, key, 'a time such as [3d]')
    const seconds = /^\d{1,15}$/.test(value) ? Number(value) / 1000 : readDuration(value)
    if (seconds === undefined || seconds < 0)
      throw new ValueError(
        `Failed to parse value [${value}] for setting [${key}]: expected a time such as [3d], or milliseconds`,
      )
    return seconds
  },
}

const basePath = checked(text, 'path', (value) => {
  if (!/^\/.*[^/]$/.test(value)) throw new ValueError(`must start with a slash, don't end with one: found [${value}]`)
  // It is in every redirect, and in the path of the cookie.
  if (URL.parse(value, 'http://portal.invalid')?.pathname !== value || value.includes(';'))
    throw new ValueError(`must stand as it does in an address, and have no semicolon: found [${value}]`)
})

const publicBaseUrl = checked(text, 'http or https URL', (value) => {
  const parts = URL.canParse(value) ? new URL(value) : undefined
  if (parts === undefined || !/^https?:$/.test(parts.protocol))
    throw new ValueError(`[publicBaseUrl]: expected an http or https URL, found [${value}]`)
  if (/[?#]/.test(value) || parts.username !== '' || parts.password !== '')
    throw new ValueError('[publicBaseUrl] may only contain a protocol, host, port, and pathname')
})

const encryptionKey = checked(text, 'text of 32 characters or more', (value) => {
  if (value.length >= MIN_KEY_LENGTH) return
  const found = `value has length [${value.length}]`
  throw new ValueError(`[encryptionKey]: ${found} but it must have a minimum length of [${MIN_KEY_LENGTH}].`)
})

/** RFC 6265 §4.1.1: a cookie name is a token of RFC 2616. */
const cookieName = checked(text, 'cookie name', (value, key) => {
  if (!/^[\w!#$%&'*+\-.^`|~]+$/.test(value))
    throw new ValueError(`Invalid value [${value}] for [${key}]. Expected a cookie name: letters, digits, [_] and [-]`)
})

const cleanupInterval = checked(duration, `time of ${MIN_CLEANUP_SECONDS}s or more`, (value) => {
  if (!(value >= MIN_CLEANUP_SECONDS)) throw new ValueError('the value must be greater or equal to 10 seconds.')
})

export const PORTAL = {
  host: setting({
    key: 'server.host',
    type: host,
    default: '127.0.0.1',
    description: 'The address of the portal.',
  }),
  port: setting({
    key: 'server.port',
    type: integer(0, 65_535),
    default: '5601',
    description: 'The port of the portal; `0` takes a free one.',
  }),
  name: setting({
    key: 'server.name',
    type: headerValue,
    default: hostname(),
    defaultText: 'the host name',
    description: 'The name of the portal, sent as `kbn-name`.',
  }),
  basePath: setting({
    key: 'server.basePath',
    type: basePath,
    defaultText: 'none',
    description: 'The path under which a proxy shows the portal.',
  }),
  rewriteBasePath: setting({
    key: 'server.rewriteBasePath',
    type: boolean,
    default: 'false',
    description: 'Who takes `server.basePath` off the requests: the portal (`true`), or the proxy.',
  }),
  publicBaseUrl: setting({
    key: 'server.publicBaseUrl',
    type: publicBaseUrl,
    description:
      'Where browsers find the portal: protocol, host, port, and `server.basePath` as its path. Decides which origins may ' +
      'post and whether cookies are `Secure`; never the redirect URI.',
  }),
  encryptionKey: setting({
    key: 'xpack.security.encryptionKey',
    type: encryptionKey,
    secure: true,
    description:
      'Seals the sessions. Absent, it is derived from `ostiary.secret`. The same on all nodes of a portal; a changed key ' +
      'ends all sessions.',
  }),
  cookieName: setting({
    key: 'xpack.security.cookieName',
    type: cookieName,
    default: 'sid',
    description: 'The name of the session cookie. Portals on one host need different ones, since cookies ignore ports.',
  }),
  secureCookies: setting({
    key: 'xpack.security.secureCookies',
    type: boolean,
    defaultText: '`true` with `server.ssl.enabled`, or if `server.publicBaseUrl` is https',
    description:
      'Whether the session cookie is `Secure`. `true` behind a TLS proxy; always `true` with `server.ssl.enabled`.',
  }),
  sameSiteCookies: setting({
    key: 'xpack.security.sameSiteCookies',
    type: oneOf(['Strict', 'Lax', 'None']),
    default: 'Lax',
    description:
      'The `SameSite` of the session cookie. With `Strict` the return from the provider arrives without the cookie.',
  }),
  idleTimeout: setting({
    key: 'xpack.security.session.idleTimeout',
    type: duration,
    default: '3d',
    description: 'A session that is not used for so long ends. `0`: never for this reason.',
  }),
  lifespan: setting({
    key: 'xpack.security.session.lifespan',
    type: duration,
    default: '30d',
    description: 'A session ends after this time at the latest. `0`: never for this reason.',
  }),
  cleanupInterval: setting({
    key: 'xpack.security.session.cleanupInterval',
    type: cleanupInterval,
    default: '1h',
    description: 'How often sessions that are past a deadline or beyond the limit are looked for and ended.',
  }),
  maxSessions: setting({
    key: 'xpack.security.session.concurrentSessions.maxSessions',
    type: integer(1, 1000),
    defaultText: 'unlimited',
    description:
      'How many sessions a user may have at one provider. One more ends the oldest; a lowered limit counts from the next ' +
      'clean-up.',
  }),
  accessAgreement: setting({
    key: 'xpack.security.accessAgreement.message',
    type: text,
    description: 'A text that everybody must acknowledge after signing in. Markdown without HTML and images.',
  }),
  sessionTimeout: setting({
    key: 'xpack.security.sessionTimeout',
    type: duration,
    description: 'The old name of `xpack.security.session.idleTimeout`.',
  }),
  authProviders: setting({
    key: 'xpack.security.authProviders',
    type: list,
    description: 'The old name of `xpack.security.authc.providers` as a list.',
  }),
  loginAssistanceMessage: setting({
    key: 'xpack.security.loginAssistanceMessage',
    type: text,
    description: 'A sentence on the login page. Markdown without HTML and images.',
  }),
  loginHelp: setting({
    key: 'xpack.security.loginHelp',
    type: text,
    description: 'The help that the login page offers. Markdown without HTML and images.',
  }),
  selector: setting({
    key: 'xpack.security.authc.selector.enabled',
    type: boolean,
    defaultText: '`true` if more than one provider is shown',
    description: 'Whether people choose how to sign in; otherwise the provider with the lowest order begins at once.',
  }),
  providerTypes: setting({
    key: 'xpack.security.authc.providers',
    type: list,
    description:
      'The old form: a list of types, in order, each of which becomes a provider of that name. Better: the settings below.',
  }),
  listRealm: setting({
    key: 'xpack.security.authc.oidc.realm',
    type: text,
    description: 'The realm of the type `oidc` in the old form.',
  }),
}

export const PORTAL_TLS = buildTlsRows('server.ssl.', 'the portal', 'kibana')

/** Kibana's type names in Kibana's words. */
const order: SettingType<number> = {
  expects: 'number, 0 or more',
  read(found, key) {
    const value = typeof found === 'string' ? found : ''
    if (/^\d{1,9}$/.test(value)) return Number(value)
    const path = key.replace('xpack.security.authc.providers.', 'authc.providers.1.')
    if (/^-\d{1,9}$/.test(value)) throw new ValueError(`[${path}]: Value must be equal to or greater than [0].`)
    throw new ValueError(`[${path}]: expected value of type [number] but got [${describe(found)}]`)
  },
}

const origins = checked(list, 'origin, or a list of them', (values) => {
  for (const value of values) {
    const url = URL.parse(value)
    if (url === null) throw new ValueError(`Invalid origin URI: ${value}`)
    if (url.origin !== value)
      throw new ValueError(`expected a lower-case origin (scheme, host, and optional port) but got: ${value}`)
  }
})

const realm: SettingType<string> = {
  expects: 'text',
  read(found) {
    if (typeof found !== 'string') throw new ValueError('Realm must be a string')
    if (found.trim() === '') throw new ValueError('Realm name must be specified')
    return found
  },
}

export const PROVIDER_ENTRY = {
  enabled: setting({
    key: `${PROVIDER_ENTRY_PREFIX}enabled`,
    type: boolean,
    default: 'true',
    description: 'A disabled provider is as good as absent.',
  }),
  order: setting({
    key: `${PROVIDER_ENTRY_PREFIX}order`,
    type: order,
    default: '0',
    required: (_key, names) =>
      `[authc.providers.1.${names.join('.')}.order]: expected value of type [number] but got [undefined]`,
    description: 'The place of the provider on the login page, ascending. No two have the same.',
  }),
  realm: setting({
    key: `${PROVIDER_ENTRY_PREFIX}realm`,
    type: realm,
    description: 'The OpenID Connect realm. Required for the type `oidc`, and refused for the others.',
  }),
  description: setting({
    key: `${PROVIDER_ENTRY_PREFIX}description`,
    type: text,
    defaultText: '`Log in with oidc/<name>` or `Log in with username and password`',
    description: 'The title of the card on the login page.',
  }),
  hint: setting({
    key: `${PROVIDER_ENTRY_PREFIX}hint`,
    type: text,
    description: 'The second line of the card.',
  }),
  icon: setting({
    key: `${PROVIDER_ENTRY_PREFIX}icon`,
    type: text,
    defaultText: 'a key for the types `basic` and `token`',
    description: 'The name of a built-in symbol, a URL, or a data URI.',
  }),
  showInSelector: setting({
    key: `${PROVIDER_ENTRY_PREFIX}showInSelector`,
    type: boolean,
    default: 'true',
    description: 'Whether the login page offers it. `basic` and `token` are always offered.',
  }),
  idleTimeout: setting({
    key: `${PROVIDER_ENTRY_PREFIX}session.idleTimeout`,
    type: duration,
    defaultText: '`xpack.security.session.idleTimeout`',
    description: 'The same for sessions of this provider. `0`: never.',
  }),
  lifespan: setting({
    key: `${PROVIDER_ENTRY_PREFIX}session.lifespan`,
    type: duration,
    defaultText: '`xpack.security.session.lifespan`',
    description: 'The same for sessions of this provider. `0`: never.',
  }),
  accessAgreement: setting({
    key: `${PROVIDER_ENTRY_PREFIX}accessAgreement.message`,
    type: text,
    defaultText: '`xpack.security.accessAgreement.message`',
    description: 'The same for sessions of this provider.',
  }),
  origin: setting({
    key: `${PROVIDER_ENTRY_PREFIX}origin`,
    type: origins,
    defaultText: 'all',
    description: 'The origins of the pages on which it is offered, such as `https://portal.example.org`.',
  }),
}

function describe(found: unknown): string {
  if (found === null) return 'null'
  return typeof found === 'string' ? 'string' : 'Array'
}
