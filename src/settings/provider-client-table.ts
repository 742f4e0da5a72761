/** The rows of a client of the OpenID Provider. */
import { boolean, integer, list, oneOf, text } from './setting-types.ts'
import { setting } from './setting.ts'

export const CLIENT_PREFIX = 'provider.clients.<client_id>.'

/** OpenID Connect Dynamic Client Registration 1.0 §2. The last part of the key is the registered name. */
export const CLIENT_METADATA = {
  clientName: setting({
    key: `${CLIENT_PREFIX}client_name`,
    type: text,
    description: 'The name that the pages show.',
  }),
  redirectUris: setting({
    key: `${CLIENT_PREFIX}redirect_uris`,
    type: list,
    default: [],
    required: (key) => `Setting [${key}] is required`,
    description: 'Where a login may return to, compared character for character.',
  }),
  postLogoutRedirectUris: setting({
    key: `${CLIENT_PREFIX}post_logout_redirect_uris`,
    type: list,
    description: 'Where a logout may return to, compared character for character.',
  }),
  applicationType: setting({
    key: `${CLIENT_PREFIX}application_type`,
    type: oneOf(['web', 'native']),
    defaultText: '`web`',
    description: 'A native client may have private schemes, and is always asked for consent.',
  }),
  tokenEndpointAuthMethod: setting({
    key: `${CLIENT_PREFIX}token_endpoint_auth_method`,
    type: oneOf(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none']),
    defaultText: '`client_secret_basic`',
    description: 'How the client proves itself. `none` makes it a public client.',
  }),
  jwksUri: setting({
    key: `${CLIENT_PREFIX}jwks_uri`,
    type: text,
    description: 'Where the public keys of the client are, for `private_key_jwt`. `https`.',
  }),
  idTokenSignedResponseAlg: setting({
    key: `${CLIENT_PREFIX}id_token_signed_response_alg`,
    type: oneOf(['RS256', 'PS256', 'ES256']),
    defaultText: '`RS256`',
    description: 'What its ID tokens are signed with.',
  }),
  grantTypes: setting({
    key: `${CLIENT_PREFIX}grant_types`,
    type: list,
    defaultText: '`[authorization_code]`',
    description:
      'Of `authorization_code`, `implicit` and `refresh_token`. The first two are as the response types say; only ' +
      '`refresh_token` needs to be set.',
  }),
  responseTypes: setting({
    key: `${CLIENT_PREFIX}response_types`,
    type: list,
    defaultText: '`[code]`',
    description: 'What the client may ask for, of `provider.response_types`.',
  }),
  backchannelLogoutUri: setting({
    key: `${CLIENT_PREFIX}backchannel_logout_uri`,
    type: text,
    description: 'Where the client is told that somebody was signed out. `https`.',
  }),
  backchannelLogoutSessionRequired: setting({
    key: `${CLIENT_PREFIX}backchannel_logout_session_required`,
    type: boolean,
    defaultText: '`true`',
    description: 'Whether it is told which session has ended.',
  }),
  frontchannelLogoutUri: setting({
    key: `${CLIENT_PREFIX}frontchannel_logout_uri`,
    type: text,
    description:
      'What a browser loads in a hidden frame when somebody was signed out, for a client without ' +
      '`backchannel_logout_uri`. Of the same origin as one of its redirect URIs.',
  }),
  frontchannelLogoutSessionRequired: setting({
    key: `${CLIENT_PREFIX}frontchannel_logout_session_required`,
    type: boolean,
    defaultText: '`false`',
    description: 'Whether `iss` and `sid` are appended to it.',
  }),
  initiateLoginUri: setting({
    key: `${CLIENT_PREFIX}initiate_login_uri`,
    type: text,
    description: 'Where a third party can have a login started. `https`.',
  }),
  defaultMaxAge: setting({
    key: `${CLIENT_PREFIX}default_max_age`,
    type: integer(0, 2_147_483_647),
    description: 'Seconds after which somebody who is signed in must sign in again.',
  }),
  requireAuthTime: setting({
    key: `${CLIENT_PREFIX}require_auth_time`,
    type: boolean,
    description: 'Whether its ID tokens always have `auth_time`.',
  }),
}

/** What a client's own registration could never say. */
export const CLIENT = {
  secret: setting({
    key: `${CLIENT_PREFIX}client_secret`,
    type: text,
    secure: true,
    description:
      'The secret of the client. Required unless its method is `private_key_jwt` or `none`, and refused then.',
  }),
  consent: setting({
    key: `${CLIENT_PREFIX}consent`,
    type: oneOf(['skip', 'ask']),
    defaultText: '`skip`; `ask` for public and native clients',
    description: 'Whether people are asked before the client gets to know them.',
  }),
  requirePkce: setting({
    key: `${CLIENT_PREFIX}require_pkce`,
    type: boolean,
    defaultText: '`false`; `true` for public clients',
    description: 'Whether a login without PKCE (S256) is refused. Public clients always need it.',
  }),
  accessTokenHintMayRedirect: setting({
    key: `${CLIENT_PREFIX}access_token_hint_may_redirect`,
    type: boolean,
    defaultText: '`provider.end_session.access_token_hint_may_redirect`',
    description: 'The same for this client alone.',
  }),
}
