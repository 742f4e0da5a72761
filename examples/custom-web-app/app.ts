/**
 * OpenID Connect without a portal: a web application that signs people in through the security API, in four steps.
 *
 *     GET  /login      1. prepare: ask the API where to send the browser, and
 *                      2. keep `state` and `nonce` here on the server, under an opaque cookie
 *     GET  /callback   3. authenticate: hand the API the address at which the browser came back, and get tokens
 *     GET  /           who am I? asked of the API with the access token, which is refreshed when it has expired
 *     POST /logout     4. logout: both tokens end, then the browser goes to the provider, to end its session there
 *     GET  /goodbye    where the provider sends the browser afterwards
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const env = process.env
const api = env['ELASTICSEARCH_URL'] ?? 'http://localhost:9200'
const username = env['ELASTICSEARCH_USERNAME'] ?? 'facilitator'
const password = env['ELASTICSEARCH_PASSWORD'] ?? 'facilitator-demo'
const facilitator = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
const realm = env['REALM'] ?? 'oidc2'
const port = Number(env['PORT'] ?? 3000)

type Login = { readonly state: string; readonly nonce: string }
type Tokens = { readonly access_token: string; readonly refresh_token: string }
type User = { readonly username: string; readonly full_name: string | null; readonly roles: readonly string[] }
type Button = { readonly label: string; readonly action: string; readonly method?: 'post' }

const logins = new Map<string, Login>()
const sessions = new Map<string, Tokens>()

/** The API is away, or its store is. */
class NoAnswer extends Error {}

const HOME: Button = { label: 'Home', action: '/' }
const SIGN_IN: Button = { label: 'Sign in', action: '/login' }
const SIGN_OUT: Button = { label: 'Sign out', action: '/logout', method: 'post' }

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>> = {
  'GET /': showUser,
  'GET /login': startLogin,
  'GET /callback': finishLogin,
  'POST /logout': logOut,
  'GET /goodbye': async (_, response) => sendPage(response, 200, 'Goodbye', 'You are signed out.', HOME),
}

createServer((request, response) => {
  const route = routes[`${request.method} ${request.url?.split('?', 1)[0]}`]
  if (route === undefined) return sendPage(response, 404, 'Not found', 'There is no such page.', HOME)
  route(request, response).catch((error: unknown) => {
    console.error(error)
    sendPage(response, 502, 'That did not work', error instanceof Error ? error.message : '', HOME)
  })
}).listen(port, 'localhost', () => console.log(`The example listens on http://localhost:${port}`))

async function startLogin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (sessions.has(readCookie(request))) return redirectTo(response, '/')
  const { redirect, state, nonce } = await call<Login & { redirect: string }>('/_security/oidc/prepare', { realm })
  redirectTo(response, redirect, keep(logins, { state, nonce }, 10 * 60))
}

async function finishLogin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = readCookie(request)
  const login = logins.get(id)
  logins.delete(id)
  if (login === undefined)
    return sendPage(response, 400, 'Unknown sign-in', 'It began in another browser, or too long ago.', SIGN_IN)
  // The API compares the state in the address with ours, redeems the code and checks everything that came with it.
  const body = { realm, ...login, redirect_uri: request.url }
  const tokens = await call<Tokens>('/_security/oidc/authenticate', body)
  // A new cookie, which nobody can have planted before the sign-in.
  redirectTo(response, '/', keep(sessions, tokens, 24 * 60 * 60))
}

async function showUser(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const user = await findUser(readCookie(request))
  if (user === undefined) return sendPage(response, 200, 'Welcome', 'You are not signed in.', SIGN_IN)
  const about = `${user.full_name ?? user.username}, with the roles: ${user.roles.join(', ') || 'none'}`
  sendPage(response, 200, `You are ${user.username}`, about, SIGN_OUT)
}

/** Asks the API each time, so that a sign-out or an invalidation elsewhere takes effect here at once. */
async function findUser(id: string): Promise<User | undefined> {
  const tokens = sessions.get(id)
  if (tokens === undefined) return undefined
  const answer = await send('/_security/_authenticate', `Bearer ${tokens.access_token}`)
  if (answer.status !== 401) return read<User>(answer)
  const fresh = await refresh(id, tokens)
  return fresh && read<User>(await send('/_security/_authenticate', `Bearer ${fresh.access_token}`))
}

async function refresh(id: string, { refresh_token }: Tokens): Promise<Tokens | undefined> {
  const grant = { grant_type: 'refresh_token', refresh_token }
  const answer = await send('/_security/oauth2/token', facilitator, grant)
  if (answer.status === 400) sessions.delete(id) // ended elsewhere, or too old
  if (answer.status === 400) return undefined
  const fresh = await read<Tokens>(answer)
  if (sessions.has(id)) sessions.set(id, fresh)
  else await endTokens(fresh) // signed out meanwhile: these must not outlive the session
  return sessions.get(id)
}

/** By POST only: the `SameSite` cookie does not come along when another site posts here. */
async function logOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = readCookie(request)
  const tokens = sessions.get(id)
  sessions.delete(id) // first of all: from here on the cookie is worth nothing
  if (tokens === undefined) return redirectTo(response, '/goodbye', '')
  const redirect = await endTokens(tokens).catch((error: unknown) => {
    if (error instanceof NoAnswer) sessions.set(id, tokens) // perhaps nothing ended: the sign-out can be repeated
    throw error
  })
  redirectTo(response, redirect ?? '/goodbye', '')
}

/** @returns the address at which the provider ends its own session, `null` if it has none */
async function endTokens({ access_token: token, refresh_token }: Tokens): Promise<string | null> {
  return (await call<{ redirect: string | null }>('/_security/oidc/logout', { token, refresh_token })).redirect
}

async function call<Answer>(path: string, body: object): Promise<Answer> {
  return read(await send(path, facilitator, body))
}

async function send(path: string, authorization: string, body?: object): Promise<Response> {
  const post = body && { method: 'POST', body: JSON.stringify(body) }
  const headers = { authorization, 'content-type': 'application/json' }
  let answer: Response
  try {
    const signal = AbortSignal.timeout(10_000)
    answer = await fetch(new URL(path, api), { ...post, headers, redirect: 'error', signal })
  } catch (cause) {
    throw new NoAnswer(`no answer from ${api}`, { cause })
  }
  // It could not tell: its 401 and 400 say the same as of a token that is no good, but must end no session.
  if (answer.headers.has('retry-after')) throw new NoAnswer(`${api} cannot answer now, please try again`)
  return answer
}

async function read<Answer>(answer: Response): Promise<Answer> {
  if (answer.ok) return (await answer.json()) as Answer
  const { error } = (await answer.json()) as { error?: { reason?: string } }
  const reference = answer.headers.get('x-request-id')
  throw new Error(`${new URL(answer.url).pathname}: ${answer.status} ${error?.reason} (reference ${reference})`)
}

/** Keeps a value under a key that cannot be guessed, for a while, among 10,000 at most. @returns the key */
function keep<Value>(values: Map<string, Value>, value: Value, seconds: number): string {
  const id = randomBytes(32).toString('base64url')
  const [oldest] = values.keys()
  if (oldest !== undefined && values.size >= 10_000) values.delete(oldest)
  values.set(id, value)
  setTimeout(() => values.delete(id), seconds * 1000).unref()
  return id
}

function readCookie(request: IncomingMessage): string {
  return /(?:^|; )custom_web_app=([\w-]{43})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
}

/** @param cookie the new value; empty: the cookie is removed. Behind TLS add `Secure`, and `__Host-` to its name. */
function redirectTo(response: ServerResponse, location: string, cookie?: string): void {
  const lifetime = cookie === '' ? '; Max-Age=0' : ''
  if (cookie !== undefined)
    response.setHeader('set-cookie', `custom_web_app=${cookie}; Path=/; HttpOnly; SameSite=Lax${lifetime}`)
  response.writeHead(303, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end()
}

function sendPage(response: ServerResponse, status: number, title: string, text: string, button: Button): void {
  const { label, action, method = 'get' } = button
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer', // the address of the callback has the code in it
    'x-content-type-options': 'nosniff',
  })
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<main><h1>${escape(title)}</h1><p>${escape(text)}</p>
<form method="${method}" action="${escape(action)}"><button>${escape(label)}</button></form></main>`)
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
