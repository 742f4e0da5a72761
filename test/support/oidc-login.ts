/** Logins through the security API, as a web application of one's own makes them, with a scripted browser. */
import { type ApiAnswer, callApi, FACILITATOR, text } from './api-call.ts'
import { type BrowserSession, createBrowserSession } from './browser-session.ts'
import type { Program } from './program.ts'

/** Those of the demo, and one that a test adds. */
export type Account = 'alice' | 'bob' | 'carol'

/** What the provider sent the browser back with, and what is needed to redeem it. */
export interface LoginResponse {
  readonly redirect_uri: string
  readonly state: string
  readonly nonce: string
  readonly realm: string
}

/** Prepares a login and goes through it at the provider, up to the address that the browser is sent back to. */
export async function respond(program: Program, account: Account, realm: string): Promise<LoginResponse> {
  const prepared = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: FACILITATOR,
    body: { realm },
  })
  const redirect_uri = await signInAtProvider(createBrowserSession(), text(prepared, 'redirect'), account)
  return { redirect_uri, state: text(prepared, 'state'), nonce: text(prepared, 'nonce'), realm }
}

/** A whole login. @returns the API's answer, which holds the tokens */
export async function signInByApi(program: Program, account: Account, realm = 'oidc2'): Promise<ApiAnswer> {
  const answer = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: { ...(await respond(program, account, realm)) },
  })
  if (answer.status !== 200) throw new Error(`${account} could not sign in: ${JSON.stringify(answer.body)}`)
  return answer
}

/** Signs in with the demo password and allows what is asked for. @returns the address the browser is sent back to */
export async function signInAtProvider(browser: BrowserSession, redirect: string, account: Account): Promise<string> {
  const until = parameter(redirect, 'redirect_uri')
  const login = await browser.visit(redirect, { until })
  const credentials = { answer: 'login', username: account, password: `${account}-demo` }
  const consent = await browser.submit(login, credentials, { until })
  const returned = await browser.submit(consent, { answer: 'allow' }, { until })
  return returned.url
}

/** Says yes to being signed out. @returns the address the browser is sent back to */
export async function signOutAtProvider(browser: BrowserSession, redirect: string): Promise<URL> {
  const until = parameter(redirect, 'post_logout_redirect_uri')
  const question = await browser.visit(redirect)
  return new URL((await browser.submit(question, { logout: 'yes' }, { until })).url)
}

function parameter(url: string, name: string): string {
  const value = new URL(url).searchParams.get(name)
  if (value === null) throw new Error(`no [${name}] in ${url}`)
  return value
}
