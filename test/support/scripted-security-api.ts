/** A security API whose users, answers and failures a test decides: enough of it to sign in, refresh and sign out. */
import type { Clock } from '../../src/kernel/clock.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import type { ApiAnswer, ApiCall, SecurityApi } from '../../src/portal/security-api.ts'

/** How long an access token of this API lives, in seconds. */
export const ACCESS_LIFETIME = 15

export interface ScriptedApi extends SecurityApi {
  readonly calls: ApiCall[]
  /** Answers instead of the API where it gives something; throws to be unreachable. `answer` asks the API. */
  intercept: ((call: ApiCall, answer: () => ApiAnswer) => ApiAnswer | Promise<ApiAnswer> | undefined) | undefined
  /** Pairs of which a token is still good. */
  livePairs: () => string[]
  forgetTokens: () => void
  count: (path: string) => number
}

interface Pair {
  readonly username: string
  readonly realm: { readonly name: string; readonly type: string }
  readonly accessExpiresAt: number
  accessAlive: boolean
  refreshAlive: boolean
  successor?: JsonObject
}

export const ISSUERS: Readonly<Record<string, string>> = {
  'https://op1.example': 'oidc1',
  'https://op2.example': 'oidc2',
}
const CODES: Readonly<Record<string, string>> = { code1: 'user1', code2: 'user2' }
const PASSWORDS: Readonly<Record<string, string>> = { basic: 'basic', other: 'other' }

export function createScriptedApi({ clock, endSession = true }: { clock: Clock; endSession?: boolean }): ScriptedApi {
  const handshakes = new Map<string, { nonce: string; realm: string }>()
  const pairs = new Map<string, Pair>()
  /** The questions that these bodies answered. */
  const told = new WeakMap<JsonObject, ApiCall>()
  let serial = 0

  function issue(username: string, realm: Pair['realm']): JsonObject {
    const id = String(++serial)
    pairs.set(id, {
      username,
      realm,
      accessExpiresAt: clock() + ACCESS_LIFETIME,
      accessAlive: true,
      refreshAlive: true,
    })
    return {
      access_token: `access-${id}`,
      refresh_token: `refresh-${id}`,
      expires_in: ACCESS_LIFETIME,
      authentication: describe(username, realm, 'token'),
    }
  }

  function prepare({ realm, iss, login_hint: loginHint }: JsonObject): ApiAnswer {
    const name = typeof realm === 'string' ? realm : ISSUERS[textOf(iss)]
    const issuer = Object.entries(ISSUERS).find(([, known]) => known === name)?.[0]
    if (name === undefined || issuer === undefined) return { status: 500, body: {} }
    const [state, nonce] = [`state-${++serial}`, `nonce-${++serial}`]
    handshakes.set(state, { nonce, realm: name })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'portal',
      redirect_uri: 'https://portal.example/api/security/oidc/callback',
      scope: 'openid',
      state,
      nonce,
      code_challenge: 'challenge',
      ...(typeof loginHint === 'string' && { login_hint: loginHint }),
    })
    return { status: 200, body: { redirect: `${issuer}/authorize?${query.toString()}`, state, nonce, realm: name } }
  }

  function authenticate({ state, nonce, redirect_uri: uri, realm }: JsonObject): ApiAnswer {
    const handshake = handshakes.get(textOf(state))
    const url = new URL(textOf(uri), 'https://portal.example')
    const response = url.hash.length > 1 ? new URLSearchParams(url.hash.slice(1)) : url.searchParams
    const username = CODES[response.get('code') ?? '']
    const fits = handshake?.nonce === nonce && handshake?.realm === realm && response.get('state') === state
    if (!fits || username === undefined) return { status: 401, body: {} }
    handshakes.delete(textOf(state))
    return { status: 200, body: issue(username, { name: textOf(realm), type: 'oidc' }) }
  }

  function grant(body: JsonObject): ApiAnswer {
    if (body['grant_type'] === 'password') {
      if (PASSWORDS[textOf(body['username'])] !== body['password']) return { status: 401, body: {} }
      return { status: 200, body: issue(textOf(body['username']), { name: 'native1', type: 'native' }) }
    }
    const pair = pairs.get(idOf(body['refresh_token']))
    if (pair?.successor !== undefined) return { status: 200, body: pair.successor }
    if (!pair?.refreshAlive)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'token has been invalidated' } }
    pair.refreshAlive = false
    pair.successor = issue(pair.username, pair.realm)
    return { status: 200, body: pair.successor }
  }

  function revoke({ token, refresh_token: refreshToken }: JsonObject): ApiAnswer {
    const access = pairs.get(idOf(token))
    if (access !== undefined) access.accessAlive = false
    const refresh = pairs.get(idOf(refreshToken))
    if (refresh !== undefined) refresh.refreshAlive = false
    return { status: 200, body: {} }
  }

  function whoAmI(call: ApiCall): ApiAnswer {
    if (call.as === 'portal') return { status: 200, body: { username: 'ostiary/portal' } }
    const [scheme, value = ''] = call.as.authorization.split(' ')
    if (scheme === 'Basic') {
      const [username = '', password] = Buffer.from(value, 'base64').toString().split(':')
      if (PASSWORDS[username] === undefined || PASSWORDS[username] !== password) return { status: 401, body: {} }
      return { status: 200, body: describe(username, { name: 'native1', type: 'native' }, 'realm') }
    }
    const pair = pairs.get(idOf(value))
    if (!pair?.accessAlive || clock() >= pair.accessExpiresAt) return { status: 401, body: {} }
    return { status: 200, body: describe(pair.username, pair.realm, 'token') }
  }

  /** `other` has none, everybody else all. */
  function hasPrivileges(call: ApiCall): ApiAnswer {
    const asked = [call.body?.['cluster'] ?? []].flat().map(String)
    const who = call.as === 'portal' ? 'portal' : whoAmI(call).body?.['username']
    if (who === undefined) return { status: 401, body: {} }
    return { status: 200, body: { cluster: Object.fromEntries(asked.map((name) => [name, who !== 'other'])) } }
  }

  function route(call: ApiCall): ApiAnswer {
    const body = call.body ?? {}
    if (call.path === '/_security/oidc/prepare') return prepare(body)
    if (call.path === '/_security/oidc/authenticate') return authenticate(body)
    if (call.path === '/_security/oidc/logout') {
      revoke(body)
      const redirect = 'https://op1.example/end?id_token_hint=hint&state=out'
      return { status: 200, body: { redirect: endSession ? redirect : null } }
    }
    if (call.path === '/_security/oauth2/token') return call.method === 'DELETE' ? revoke(body) : grant(body)
    if (call.path === '/_security/user/_has_privileges') return hasPrivileges(call)
    return whoAmI(call)
  }

  const api: ScriptedApi = {
    calls: [],
    intercept: undefined,
    async call(call) {
      api.calls.push(call)
      const answer = (await api.intercept?.(call, () => route(call))) ?? route(call)
      if (call.path === '/_security/_authenticate' && answer.body !== undefined) told.set(answer.body, call)
      return answer
    },
    holds(body) {
      const call = told.get(body)
      return call !== undefined && api.intercept === undefined && whoAmI(call).status === 200
    },
    livePairs: () => [...pairs].filter(([, pair]) => pair.accessAlive || pair.refreshAlive).map(([id]) => id),
    forgetTokens: () => pairs.clear(),
    count: (path) => api.calls.filter((call) => call.path === path).length,
  }
  return api
}

function idOf(token: unknown): string {
  return textOf(token).split('-')[1] ?? ''
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function describe(username: string, realm: Pair['realm'], type: 'realm' | 'token'): JsonObject {
  return {
    username,
    roles: username === 'user2' ? [] : ['finance_data', 'kibana_user'],
    full_name: `The ${username}`,
    email: `${username}@example.org`,
    metadata: {
      'oidc(groups)': ['finance-team', 'engineering'],
      'oidc(locale)': 'en-GB',
      'oidc(id_token_hint)': 'raw-id-token',
    },
    enabled: true,
    authentication_realm: { ...realm },
    lookup_realm: { ...realm },
    authentication_type: type,
  }
}
