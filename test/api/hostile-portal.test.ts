/** The shared hostile inputs at the portal: where a sign-in and a sign-out lead, what a provider answers, forms and cookies. */
import { after, before } from 'node:test'
import { createBrowserSession } from '../support/browser-session.ts'
import { type BodyConsumer, testHostileInputs, type ValueConsumer } from '../support/hostile-inputs.ts'
import { type Program, startProgram } from '../support/program.ts'

const ISSUER = 'https://op.example'

let program: Program
/** Of a browser that has begun to sign in. */
let cookie: string
before(async () => {
  program = await startProgram({
    settings: (yaml, { portal }) => `${yaml}
xpack.security.authc.realms.oidc.hostile:
  order: 10
  rp.client_id: rp
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: '${portal}/api/security/oidc/callback'
  op.issuer: '${ISSUER}'
  op.authorization_endpoint: '${ISSUER}/authorize'
  op.token_endpoint: 'http://127.0.0.1:1/token'
  op.jwkset_path: 'http://127.0.0.1:1/keys'
  claims.principal: sub
xpack.security.authc.providers.oidc.hostile.order: 10
xpack.security.authc.providers.oidc.hostile.realm: hostile
`,
  })
  const browser = createBrowserSession()
  const initiate = `${program.portal}/api/security/oidc/initiate_login?iss=${ISSUER}`
  await browser.visit(initiate, { until: ISSUER })
  cookie = `sid=${browser.cookie('sid')}`
})
after(() => program.remove())

const encode = (value: string) => encodeURIComponent(value.toWellFormed())
const PERSON = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' }
const FORM = { ...PERSON, 'content-type': 'application/x-www-form-urlencoded' }

/** A page load, whose parameter is hostile. */
const page = (path: string, parameter: string, more = ''): ValueConsumer => ({
  ask: (value) => ({
    method: 'GET',
    url: `${program.portal}${path}?${parameter}=${encode(value)}${more}`,
    headers: PERSON,
  }),
})
const form = (path: string, field: string, more = ''): ValueConsumer => ({
  ask: (value) => ({
    method: 'POST',
    url: program.portal + path,
    headers: FORM,
    body: `${field}=${encode(value)}${more}`,
  }),
})
const CREDENTIALS = '&providerName=basic1&username=elastic&password='
/** The return of a browser that has begun to sign in, but not with this state. */
const callback = (parameter: string, beside?: string): ValueConsumer => ({
  ask: (value) => {
    const others = { ...(beside !== undefined && { [beside]: 'x' }), ...(parameter !== 'state' && { state: 's' }) }
    const asked = page('/api/security/oidc/callback', parameter, `&${new URLSearchParams(others).toString()}`).ask(
      value,
    )
    return { ...asked, headers: { ...PERSON, cookie } }
  },
})

const VALUES: Readonly<Record<string, ValueConsumer>> = {
  'login page: next': page('/login', 'next'),
  'login page: auth_provider_hint': page('/login', 'auth_provider_hint'),
  'login page: auth_url_hash': page('/login', 'auth_url_hash', '&auth_provider_hint=oidc1'),
  'login page: msg': page('/login', 'msg'),
  'login form: next': form('/login', 'next', '&providerName=none'),
  'login form: username': form('/login', 'username', '&providerName=none&password=x'),
  'login form: providerName': form('/login', 'providerName', '&username=x&password=x'),
  'sign-in for scripts: currentURL': {
    ask: (currentURL) => ({
      method: 'POST',
      url: `${program.portal}/internal/security/login`,
      headers: { 'kbn-xsrf': 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ providerType: 'oidc', providerName: 'oidc1', currentURL }),
    }),
  },
  'page for fragments: next': page('/internal/security/capture-url', 'next'),
  'sign-out: next': page('/api/security/logout', 'next'),
  'sign-out: msg': page('/api/security/logout', 'msg'),
  'sign-out: provider': page('/api/security/logout', 'provider'),
  'signed-out page: next': page('/security/logged_out', 'next'),
  'signed-out page: state': page('/security/logged_out', 'state'),
  'refusal page: next': page('/security/unauthenticated', 'next'),
  'path of a page': {
    ask: (value) => ({
      method: 'GET',
      // What a request line cannot carry is escaped, the rest is sent as it is.
      url: `${program.portal}/${value
        .toWellFormed()
        .replace(/^\//, '')
        .replaceAll(/[^\x21-\x7e]+/g, encode)}`,
      headers: PERSON,
    }),
  },
  'initiated sign-in: iss': page('/api/security/oidc/initiate_login', 'iss'),
  'initiated sign-in: target_link_uri': {
    ask: (value) => page('/api/security/oidc/initiate_login', 'target_link_uri', `&iss=${encode(ISSUER)}`).ask(value),
  },
  'initiated sign-in: login_hint': {
    ask: (value) => page('/api/security/oidc/initiate_login', 'login_hint', `&iss=${encode(ISSUER)}`).ask(value),
  },
  'initiated sign-in by post: target_link_uri': {
    ask: (value) => form('/api/security/oidc/initiate_login', 'target_link_uri', `&iss=${encode(ISSUER)}`).ask(value),
  },
  'callback: code': callback('code'),
  'callback: state': callback('state', 'code'),
  'callback: error': callback('error'),
  'callback: error_description': callback('error_description', 'error'),
  'callback: iss': callback('iss', 'code'),
  'callback: authenticationResponseURI': callback('authenticationResponseURI'),
  'callback: an ID token in the fragment': {
    ask: (value) => {
      const fragment = `#state=s&id_token=${encode(value)}`
      return callback('authenticationResponseURI').ask(`${program.portal}/api/security/oidc/implicit${fragment}`)
    },
  },
  'session cookie': {
    ask: (value) => ({
      method: 'GET',
      url: `${program.portal}/security/account`,
      headers: { ...PERSON, cookie: `sid=${value}` },
    }),
  },
  'bearer token': {
    ask: (value) => ({
      method: 'GET',
      url: `${program.portal}/internal/security/me`,
      headers: { 'kbn-xsrf': 'true', authorization: `Bearer ${value}` },
    }),
  },
}

const BODIES = (): Readonly<Record<string, BodyConsumer>> => ({
  'login form: body': {
    field: ['next', '/', `x=y${CREDENTIALS}`],
    url: `${program.portal}/login`,
    headers: PERSON,
  },
  'initiated sign-in: body': {
    field: ['iss', ISSUER, 'x=y'],
    url: `${program.portal}/api/security/oidc/initiate_login`,
    headers: PERSON,
  },
  'sign-in for scripts: body': {
    field: ['providerName', 'oidc1', 'providerType=oidc'],
    url: `${program.portal}/internal/security/login`,
    headers: { 'kbn-xsrf': 'true' },
  },
})

testHostileInputs('portal', {
  values: () => VALUES,
  bodies: BODIES,
  places: () => ({ portal: program.portal, provider: program.provider, issuer: ISSUER }),
})
