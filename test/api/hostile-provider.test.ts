/** The shared hostile inputs at the provider: where browsers are led, tokens and hints, what clients post. */
import { after, before } from 'node:test'
import { type BodyConsumer, testHostileInputs, type ValueConsumer } from '../support/hostile-inputs.ts'
import {
  CALLBACK,
  clientSettings,
  GOODBYE,
  type ProviderUnderTest,
  SECRET,
  startProvider,
} from '../support/provider.ts'

let provider: ProviderUnderTest
before(async () => {
  const assertion = { token_endpoint_auth_method: 'client_secret_jwt' }
  provider = await startProvider({
    clients: [clientSettings('app'), clientSettings('signing', { metadata: assertion })],
  })
})
after(() => provider.close())

const encode = (value: string) => encodeURIComponent(value.toWellFormed())
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const CLIENT = `Basic ${Buffer.from(`app:${SECRET}`).toString('base64')}`
const GOOD_REQUEST = {
  client_id: 'app',
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid',
  state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}

const query = (path: string, others: Readonly<Record<string, string>>, name: string, value: string) =>
  `${provider.origin}${path}?${new URLSearchParams({ ...others, [name]: '' }).toString().replace(new RegExp(`(^|&)${name}=`), `$1${name}=${encode(value).replaceAll('$', '$$$$')}`)}`
const authorize = (name: string, more: object = {}): ValueConsumer => ({
  good: CALLBACK,
  ask: (value) => ({
    method: 'GET',
    url: query('/authz-srv/authz', { ...GOOD_REQUEST, ...more }, name, value),
    headers: { accept: 'text/html' },
  }),
})
const endSession = (name: string, more: Readonly<Record<string, string>> = {}): ValueConsumer => ({
  good: GOODBYE,
  ask: (value) => ({
    method: 'GET',
    url: query('/session/end_session', more, name, value),
    headers: { accept: 'text/html' },
  }),
})
const post = (path: string, name: string, others = '', headers: object = { authorization: CLIENT }): ValueConsumer => ({
  good: CALLBACK,
  ask: (value) => ({
    method: 'POST',
    url: provider.origin + path,
    headers: { ...FORM, ...headers },
    body: `${others}&${name}=${encode(value)}`,
  }),
})
const CODE = `grant_type=authorization_code`
const ASSERTION = `${CODE}&code=c&redirect_uri=${encode(CALLBACK)}&client_assertion_type=${encode('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')}`

const VALUES: Readonly<Record<string, ValueConsumer>> = {
  'authorization: redirect_uri': authorize('redirect_uri'),
  'authorization: client_id': authorize('client_id'),
  'authorization: response_type': authorize('response_type'),
  'authorization: scope': authorize('scope'),
  'authorization: state': authorize('state', { prompt: 'none' }),
  'authorization: nonce': authorize('nonce'),
  'authorization: prompt': authorize('prompt'),
  'authorization: login_hint': authorize('login_hint'),
  'authorization: ui_locales': authorize('ui_locales'),
  'authorization: code_challenge': authorize('code_challenge'),
  'authorization: request_uri': authorize('request_uri'),
  'authorization: request': authorize('request'),
  'authorization: resource': authorize('resource'),
  'authorization: id_token_hint': authorize('id_token_hint'),
  'end of session: post_logout_redirect_uri': endSession('post_logout_redirect_uri', { client_id: 'app' }),
  'end of session: id_token_hint': endSession('id_token_hint', { post_logout_redirect_uri: GOODBYE }),
  'end of session: access_token_hint': endSession('access_token_hint', { post_logout_redirect_uri: GOODBYE }),
  'end of session: client_id': endSession('client_id', { post_logout_redirect_uri: GOODBYE }),
  'end of session: state': endSession('state', { post_logout_redirect_uri: GOODBYE }),
  'end of session: logout_hint': endSession('logout_hint'),
  'end of session: ui_locales': endSession('ui_locales'),
  'end of session by post: post_logout_redirect_uri': post('/session/end_session', 'post_logout_redirect_uri', 'x=y', {
    accept: 'text/html',
  }),
  'answer of the dialog: ticket': post('/session/end_session/confirm', 'ticket', 'logout=yes', { accept: 'text/html' }),
  'token: code': post('/token-srv/token', 'code', `${CODE}&redirect_uri=${encode(CALLBACK)}`),
  'token: redirect_uri': post('/token-srv/token', 'redirect_uri', `${CODE}&code=c`),
  'token: code_verifier': post('/token-srv/token', 'code_verifier', `${CODE}&code=c&redirect_uri=${encode(CALLBACK)}`),
  'token: grant_type': post('/token-srv/token', 'grant_type', 'code=c'),
  'token: refresh_token': post('/token-srv/token', 'refresh_token', 'grant_type=refresh_token'),
  'token: client_assertion': post('/token-srv/token', 'client_assertion', `${ASSERTION}&client_id=signing`, {}),
  'introspection: token': post('/token-srv/introspect', 'token'),
  'revocation: token': post('/token-srv/revoke', 'token'),
  'userinfo: bearer token': {
    ask: (value) => ({
      method: 'GET',
      url: `${provider.origin}/users-srv/userinfo`,
      headers: { authorization: `Bearer ${value}` },
    }),
  },
  'session cookie': {
    ask: (value) => ({
      method: 'GET',
      url: `${provider.origin}/account`,
      headers: { accept: 'text/html', cookie: `_session=${value}; _session.sig=${value}` },
    }),
  },
}

const BODIES = (): Readonly<Record<string, BodyConsumer>> => ({
  'authorization: body': {
    field: ['state', 's', new URLSearchParams({ ...GOOD_REQUEST, state: '' }).toString().replace('&state=', '')],
    url: `${provider.origin}/authz-srv/authz`,
    headers: { accept: 'text/html' },
  },
  'end of session: body': {
    field: ['post_logout_redirect_uri', GOODBYE, 'client_id=app'],
    url: `${provider.origin}/session/end_session`,
    headers: { accept: 'text/html' },
  },
  'token: body': {
    field: ['code', 'c', `${CODE}&redirect_uri=${encode(CALLBACK)}`],
    url: `${provider.origin}/token-srv/token`,
    headers: { authorization: CLIENT },
  },
  'introspection: body': {
    field: ['token', 't', 'x=y'],
    url: `${provider.origin}/token-srv/introspect`,
    headers: { authorization: CLIENT },
  },
  'revocation: body': {
    field: ['token', 't', 'x=y'],
    url: `${provider.origin}/token-srv/revoke`,
    headers: { authorization: CLIENT },
  },
})

testHostileInputs('provider', {
  values: () => VALUES,
  bodies: BODIES,
  places: () => ({ provider: provider.origin, client: new URL(CALLBACK).origin }),
})
