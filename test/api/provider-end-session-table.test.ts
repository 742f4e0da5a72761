/**
 * The decision table of the end-session endpoint, over HTTP: every line, under both policies, by GET and by POST; with
 * fresh hints and opaque access tokens, and with expired hints and access tokens that are JWTs.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBrowserSession, type BrowserSession, type VisitedPage } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  startProvider,
  signIn,
  TTL,
  type ProviderUnderTest,
  type Tokens,
} from '../support/provider.ts'
import table from '../vectors/end-session-decision.json' with { type: 'json' }

const URIS: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  reg: 'http://localhost:5601/bye-a?k=1',
  unreg: 'http://localhost:5601/bye-a?k=1&l=2',
  regB: 'http://localhost:5601/bye-b',
}
const STATE = 'S t&a=te/é'
const GOODBYE = 'http://localhost:5601/bye-'
/** As wide as the library's own router. */
const PATHS = ['/session/end_session', '/session/end_session/', '/SESSION/End_Session', '/session/end%5Fsession']

interface Case {
  readonly name: string
  readonly id?: string
  readonly at?: string
  readonly clientId?: string
  readonly uris: readonly string[]
  readonly client: string | null
  readonly returns: 'never' | 'both' | 'P'
  readonly notices?: readonly string[]
}

const API = 'https://api.example.org/v1'
/** Seconds that the hints of each kind live. */
const KINDS = { fresh: 3600, expired: 1 } as const
type Kind = keyof typeof KINDS
const FORMS: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  fresh: {},
  // Its access tokens are JWTs.
  expired: { resource: API, scope: 'openid read' },
}

const providers = new Map<Kind, ProviderUnderTest>()
/** Tokens of another user, and of another session of the same user, by kind and client. */
const strangers = new Map<string, Tokens>()

before(async () => {
  const clients = [false, true].flatMap((policy) => [
    clientSettings(`A-${policy}`, {
      accessTokenHintMayRedirect: policy,
      metadata: { post_logout_redirect_uris: [`${URIS['reg']}`] },
    }),
    clientSettings(`B-${policy}`, {
      accessTokenHintMayRedirect: policy,
      metadata: { post_logout_redirect_uris: [`${URIS['regB']}`] },
    }),
  ])
  for (const [kind, life] of Object.entries(KINDS) as [Kind, number][]) {
    const settings = {
      resources: [{ identifier: API, scope: 'read write', accessTokenFormat: 'jwt' }],
      ttl: { ...TTL, accessToken: life, jwtAccessToken: life, idToken: life },
    } as const
    const provider = await startProvider({ clients, settings })
    providers.set(kind, provider)
    for (const { clientId } of clients) {
      const config = await discoverOnce(kind, clientId)
      const parameters = FORMS[kind]
      strangers.set(`${kind} ${clientId} other`, (await signIn(config, { user: 'bob', parameters })).tokens)
      strangers.set(`${kind} ${clientId} stale`, (await signIn(config, { parameters })).tokens)
    }
  }
})
after(() => Promise.all([...providers.values()].map((provider) => provider.close())))

let turn = 0
for (const kind of Object.keys(KINDS) as Kind[]) {
  // More logins of one name at once would count as guessing.
  describe(`${kind} hints`, { concurrency: 4 }, () => {
    if (kind === 'expired') before(prepareExpired)
    for (const line of table.cases as readonly Case[]) {
      for (const policy of [false, true]) for (const uri of line.uris) tryLine(kind, line, policy, uri)
    }
  })
}

function tryLine(kind: Kind, line: Case, policy: boolean, uri: string): void {
  const way = turn++
  const title = `${line.name}, URI ${uri}, policy ${policy}`
  const isTarget = line.returns === 'both' || (line.returns === 'P' && policy)

  test(`${title}: without a session nothing is asked; with one, yes ends it`, async () => {
    const { browser, tokens } = await signInTo(kind, policy)
    const anonymous = createBrowserSession()
    const page = await ask(anonymous, { kind, line, uri, policy, tokens, way })
    checkPage(page, isTarget ? 'You are not signed in' : 'You are signed out', line, isTarget, uri, false)
    if (isTarget) checkTarget(await anonymous.submit(page, {}, { until: GOODBYE }), true, uri, '')

    const dialog = await ask(browser, { kind, line, uri, policy, tokens, way: way + 1 })
    checkPage(dialog, 'Sign out?', line, isTarget, uri, true)
    const answer = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
    checkTarget(answer, isTarget, uri, 'You are signed out')
    assert.equal(browser.cookie('ostiary_op'), undefined)
    assert.equal(browser.cookie('ostiary_op.sig'), undefined)
    assert.equal(await stateOf(browser, kind, `A-${policy}`), 'login_required')
    for (const { access_token: token } of tokens.values()) assert.equal(await isAlive(kind, token), false)
  })

  test(`${title}: no keeps the session`, async () => {
    const { browser, tokens } = await signInTo(kind, policy)
    const dialog = await ask(browser, { kind, line, uri, policy, tokens, way: way + 2 })
    const answer = await browser.submit(dialog, { logout: 'no' }, { until: GOODBYE })
    checkTarget(answer, isTarget, uri, 'You are still signed in')
    assert.equal(await stateOf(browser, kind, `A-${policy}`), 'signed in')
    if (kind === 'expired') return
    const aboutOther = (line.notices ?? []).some((notice) => notice.startsWith('other_'))
    const ended = line.client === null || aboutOther ? undefined : `${line.client}-${policy}`
    for (const [clientId, { access_token: token }] of tokens)
      assert.equal(await isAlive(kind, token), clientId !== ended)
  })
}

interface Visitor {
  readonly browser: BrowserSession
  readonly tokens: Map<string, Tokens>
}

/** Visitors whose tokens have expired, by policy: all have waited together. */
const waiting = new Map<boolean, Visitor[]>()

async function prepareExpired(): Promise<void> {
  const uris = (table.cases as readonly Case[]).reduce((count, line) => count + line.uris.length, 0)
  for (const policy of [false, true]) {
    const visitors: Visitor[] = []
    for (let place = 0; place < 2 * uris; place++) visitors.push(await signInAt('expired', policy))
    waiting.set(policy, visitors)
  }
  await sleep(KINDS.expired * 1000 + 100)
}

async function signInTo(kind: Kind, policy: boolean): Promise<Visitor> {
  const ready = kind === 'expired' ? waiting.get(policy)?.pop() : await signInAt(kind, policy)
  assert.ok(ready)
  return ready
}

/** alice, signed in at both clients in one browser. */
async function signInAt(kind: Kind, policy: boolean): Promise<Visitor> {
  const parameters = FORMS[kind]
  const first = await signIn(await discoverOnce(kind, `A-${policy}`), { parameters })
  const second = await signIn(await discoverOnce(kind, `B-${policy}`), { browser: first.browser, parameters })
  const tokens = new Map([
    [`A-${policy}`, first.tokens],
    [`B-${policy}`, second.tokens],
  ])
  return { browser: first.browser, tokens }
}

const configurations = new Map<string, ReturnType<typeof discover>>()

function originOf(kind: Kind): string {
  return providers.get(kind)?.origin ?? ''
}

function discoverOnce(kind: Kind, clientId: string): ReturnType<typeof discover> {
  const found = configurations.get(`${kind} ${clientId}`) ?? discover(originOf(kind), clientId)
  configurations.set(`${kind} ${clientId}`, found)
  return found
}

async function ask(
  browser: BrowserSession,
  {
    kind,
    line,
    uri,
    policy,
    tokens,
    way,
  }: {
    kind: Kind
    line: Case
    uri: string
    policy: boolean
    tokens: Map<string, Tokens>
    way: number
  },
): Promise<VisitedPage> {
  const hint = (text: string | undefined, parameter: 'id_token' | 'access_token'): string | undefined => {
    if (text === undefined) return undefined
    if (text === 'forged') return parameter === 'id_token' ? `${hint('A', parameter)}x` : hint('A', 'id_token')
    const [id, twist] = text.split(' ')
    const name = `${id}-${policy}`
    return (twist === undefined ? tokens.get(name) : strangers.get(`${kind} ${name} ${twist}`))?.[parameter]
  }
  const query = new URLSearchParams({ state: STATE })
  for (const [name, value] of Object.entries({
    id_token_hint: hint(line.id, 'id_token'),
    access_token_hint: hint(line.at, 'access_token'),
    client_id: line.clientId && `${line.clientId}-${policy}`,
    post_logout_redirect_uri: URIS[uri],
  })) {
    if (value !== undefined) query.set(name, value)
  }
  const url = originOf(kind) + PATHS[way % PATHS.length]
  const page =
    way % 2 === 0 ? await browser.visit(`${url}?${query.toString()}`) : await browser.visit(url, { body: query })
  assert.equal(page.status, 200)
  return page
}

function checkPage(
  page: VisitedPage,
  title: string,
  line: Case,
  isTarget: boolean,
  uri: string,
  session: boolean,
): void {
  assert.match(page.body, new RegExp(`<h1>${title.replace('?', '\\?')}</h1>`))
  const about = (line.notices ?? []).filter((notice) => session || !notice.startsWith('other_'))
  const expected = [...about, ...(uri !== 'none' && !isTarget ? ['redirect_ignored'] : [])]
  const shown = [...page.body.matchAll(/data-notice="(\w+)"/g)].map((match) => match[1])
  assert.deepEqual(new Set(shown), new Set(expected))
  const named = /<strong>Client ([AB])-/.exec(page.body)?.[1] ?? null
  if (session) assert.equal(named, line.client)
}

function checkTarget(answer: VisitedPage, isTarget: boolean, uri: string, ownTitle: string): void {
  if (!isTarget) {
    assert.match(answer.body, new RegExp(`<h1>${ownTitle}</h1>`))
    return
  }
  const separator = URIS[uri]?.includes('?') === true ? '&' : '?'
  assert.equal(answer.url, `${URIS[uri]}${separator}state=S%20t%26a%3Dte%2F%C3%A9`)
}

async function stateOf(browser: BrowserSession, kind: Kind, clientId: string): Promise<string> {
  const { url } = await beginLogin(await discoverOnce(kind, clientId), { prompt: 'none', ...FORMS[kind] })
  const answer = await browser.visit(url, { until: CALLBACK })
  return new URL(answer.url).searchParams.get('error') ?? 'signed in'
}

async function isAlive(kind: Kind, token: string): Promise<boolean> {
  const answer = await fetch(`${originOf(kind)}/users-srv/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  return answer.status === 200
}
