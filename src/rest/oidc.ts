/**
 * `POST /_security/oidc/{prepare,authenticate,logout}`: the three calls by which a web application lets its users sign
 * in and out at an OpenID Provider. Its caller authenticates as itself, never as the user.
 */
import type { OidcLoginService } from '../authc/oidc-login.ts'
import { SecurityError } from '../kernel/errors.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { describeAuthentication } from './authenticate.ts'
import { describeTexts } from './body-shape.ts'
import { describeFailedLogin } from './errors.ts'
import { hasText, readStrings } from './request-body.ts'
import { defineRoute, type Route } from './route.ts'

const PREPARE = 'cluster:admin/xpack/security/oidc/prepare'
const AUTHENTICATE = 'cluster:admin/xpack/security/oidc/authenticate'
const LOGOUT = 'cluster:admin/xpack/security/oidc/logout'

export function buildOidcRoutes({ oidcLogin }: { oidcLogin: OidcLoginService }): Route[] {
  const prepare = defineRoute({
    summary: 'The URL that starts a login at an OpenID Provider',
    fields: describeTexts(['realm', 'iss', 'login_hint', 'state', 'nonce']),
    methods: ['POST'],
    path: '/_security/oidc/prepare',
    body: 'required',
    read({ body }) {
      const fields = ['realm', 'iss', 'login_hint', 'state', 'nonce'] as const
      const sent = readStrings('oidc_prepare_authentication', body, fields)
      const { realm, iss, login_hint: loginHint, state, nonce } = sent
      if (hasText(realm) && hasText(iss)) {
        checkNoFaults(['only one of [realm, issuer] can be provided in the same request'])
      }
      if (!hasText(realm) && !hasText(iss)) checkNoFaults(['one of [realm, issuer] must be provided'])
      return {
        of: hasText(realm) ? { realm } : { issuer: iss ?? '' },
        ...(hasText(loginHint) ? { loginHint } : {}),
        ...(state === undefined ? {} : { state }),
        ...(nonce === undefined ? {} : { nonce }),
      }
    },
    action: () => PREPARE,
    async act(request) {
      const { redirect, state, nonce, realm } = await oidcLogin.prepare(request)
      return { body: { redirect, state, nonce, realm } }
    },
  })

  const authenticate = defineRoute({
    summary: 'Redeem the response of an OpenID Provider for tokens',
    fields: describeTexts(['redirect_uri', 'state', 'nonce', 'realm']),
    methods: ['POST'],
    path: '/_security/oidc/authenticate',
    body: 'required',
    read({ body }) {
      const fields = ['redirect_uri', 'state', 'nonce', 'realm'] as const
      const sent = readStrings('oidc_authn', body, fields, ['realm'])
      const { redirect_uri: redirectUri = '', state = '', nonce = '', realm } = sent
      const missing = Object.entries({ state, nonce, redirect_uri: redirectUri }).filter(([, value]) => value === '')
      checkNoFaults(missing.map(([name]) => `${name} parameter is missing`))
      return { redirectUri, state, nonce, ...(realm === undefined ? {} : { realm }) }
    },
    action: () => AUTHENTICATE,
    async act(response, caller, requestId) {
      if (!hasText(response.state) || !hasText(response.nonce)) {
        throw new SecurityError('argument_illegal', 'The value must not be null or empty string')
      }
      const {
        accessToken,
        refreshToken = null,
        expiresIn,
        authentication,
      } = await oidcLogin.login(response, { client: caller, requestId }).catch((error: unknown) => {
        throw describeFailedLogin(error, { purpose: `action [${AUTHENTICATE}]`, username: '<OIDC Token>' })
      })
      return {
        body: {
          username: authentication.user.username,
          access_token: accessToken,
          refresh_token: refreshToken,
          expires_in: expiresIn,
          authentication: describeAuthentication(authentication),
          type: 'Bearer',
        },
      }
    },
  })

  const logout = defineRoute({
    summary: 'End the tokens of a login; the URL that ends it at its OpenID Provider',
    fields: describeTexts(['token', 'refresh_token']),
    methods: ['POST'],
    path: '/_security/oidc/logout',
    body: 'required',
    read({ body }) {
      const sent = readStrings('oidc_logout', body, ['token', 'refresh_token'] as const)
      const { token: accessToken = '', refresh_token: refreshToken } = sent
      if (accessToken === '') checkNoFaults(['token is missing'])
      return { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) }
    },
    action: () => LOGOUT,
    act: async (request) => ({ body: { redirect: await oidcLogin.logout(request) } }),
  })

  return [prepare, authenticate, logout]
}
