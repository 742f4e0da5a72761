/**
 * What clients were told, and whether it still holds. Only an answer counts: what was asked and not answered may have
 * happened or not, but whole.
 */
import assert from 'node:assert/strict'
import { type ApiAnswer, bearer, callApi, FACILITATOR, text } from '../support/api-call.ts'
import { type BrowserSession, createBrowserSession } from '../support/browser-session.ts'
import { signInAtProvider } from '../support/oidc-login.ts'
import type { Program } from '../support/program.ts'

const REALM = 'oidc2'
const RETURN_TO = '/callback'
const PAUSE_MS = 20
const NOTHING: Tally = { logins: 0, refreshes: 0, logouts: 0 }

interface Login {
  readonly accessToken: string
  readonly refreshToken: string
  logout: 'none' | 'asked' | 'answered'
  refreshAsked: boolean
  /** The access tokens that its refreshes were answered with. */
  readonly successors: Set<string>
}

/** How many writes of each kind were answered. */
export interface Tally {
  readonly logins: number
  readonly refreshes: number
  readonly logouts: number
}

export interface Ledger {
  /** Signs in, refreshes and signs out without end, until it is told to stop or the program is gone. */
  live(until: AbortSignal): Promise<void>
  /** Since the last check. */
  answered(): Tally
  /** How many writes are asked for and not answered at this moment. */
  underWay(): number
  /** Asks about everything that was written down, then forgets it. */
  check(): Promise<void>
}

export function createLedger(program: Pick<Program, 'api' | 'example'>): Ledger {
  let logins: Login[] = []
  let tally = NOTHING
  let underWay = 0

  return { live, answered: () => tally, underWay: () => underWay, check }

  async function live(until: AbortSignal): Promise<void> {
    let browser = createBrowserSession()
    while (!until.aborted) {
      try {
        const login = await signIn(browser)
        const next = await refreshTwice(login)
        const chosen = Math.random()
        if (chosen < 0.4) await logout(login)
        else if (chosen < 0.8) await logout(next)
      } catch {
        // Not answered, or refused because the store is away: nothing is known of it.
        browser = createBrowserSession()
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }

  async function signIn(browser: BrowserSession): Promise<Login> {
    const prepared = await callApi(program.api, '/_security/oidc/prepare', {
      authorization: FACILITATOR,
      body: { realm: REALM },
    })
    const redirect = text(prepared, 'redirect')
    const { url } = await browser.visit(redirect, { until: `${program.example}${RETURN_TO}` })
    const returned = url.includes(RETURN_TO) ? url : await signInAtProvider(browser, redirect, 'alice')
    const body = {
      redirect_uri: returned,
      state: text(prepared, 'state'),
      nonce: text(prepared, 'nonce'),
      realm: REALM,
    }
    const login = remember(await write('/_security/oidc/authenticate', body))
    count('logins')
    return login
  }

  /** Two at once, as two tabs would: they get one pair. */
  async function refreshTwice(login: Login): Promise<Login> {
    login.refreshAsked = true
    const pairs = await Promise.allSettled([refresh(login), refresh(login)])
    const [pair] = pairs.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    if (pair === undefined) throw new Error('no refresh was answered')
    count('refreshes')
    return remember(pair)
  }

  async function refresh(login: Login) {
    const pair = await write('/_security/oauth2/token', {
      grant_type: 'refresh_token',
      refresh_token: login.refreshToken,
    })
    login.successors.add(text(pair, 'access_token'))
    return pair
  }

  async function logout(login: Login): Promise<void> {
    login.logout = 'asked'
    await write('/_security/oidc/logout', { token: login.accessToken, refresh_token: login.refreshToken })
    login.logout = 'answered'
    count('logouts')
  }

  async function write(path: string, body: Record<string, string>) {
    underWay += 1
    const answer = await callApi(program.api, path, { authorization: FACILITATOR, body }).finally(() => (underWay -= 1))
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`)
    return answer
  }

  function count(kind: keyof Tally): void {
    tally = { ...tally, [kind]: tally[kind] + 1 }
  }

  function remember(tokens: ApiAnswer): Login {
    const login: Login = {
      accessToken: text(tokens, 'access_token'),
      refreshToken: text(tokens, 'refresh_token'),
      logout: 'none',
      refreshAsked: false,
      successors: new Set(),
    }
    logins.push(login)
    return login
  }

  async function check(): Promise<void> {
    await Promise.all(logins.map(checkLogin))
    logins = []
    tally = NOTHING
  }

  async function checkLogin({
    accessToken,
    refreshToken,
    logout: told,
    refreshAsked,
    successors,
  }: Login): Promise<void> {
    const { status } = await callApi(program.api, '/_security/_authenticate', { authorization: bearer(accessToken) })
    if (told === 'answered') assert.equal(status, 401, 'an access token lives after its logout was answered')
    if (told === 'none') assert.equal(status, 200, 'a login that was answered is lost')
    if (!refreshAsked) return

    const repeated = await callApi(program.api, '/_security/oauth2/token', {
      authorization: FACILITATOR,
      body: { grant_type: 'refresh_token', refresh_token: refreshToken },
    })
    if (told === 'answered') assert.equal(repeated.status, 400, 'a refresh token lives after its logout was answered')
    if (repeated.status === 200) successors.add(text(repeated, 'access_token'))
    else assert.equal(repeated.status, 400)
    assert.ok(successors.size <= 1, 'one refresh token gave two pairs')
  }
}
