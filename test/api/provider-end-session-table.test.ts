/** The decision table of the end-session endpoint, over HTTP: every line, under both policies, by GET and by POST. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowserSession, type BrowserSession, type VisitedPage } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  startProvider,
  signIn,
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

let provider: ProviderUnderTest
/** Tokens of another user, and of another session of the same user, by client. */
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
  provider = await startProvider({ clients })
  for (const { clientId } of clients) {
    const config = await discover(provider.origin, clientId)
    strangers.set(`${clientId} other`, (await signIn(config, { user: 'bob' })).tokens)
    strangers.set(`${clientId} stale`, (await signIn(config)).tokens)
  }
})
after(() => provider.close())

let turn = 0
for (const line of table.cases as readonly Case[]) {
  for (const policy of [false, true]) {
    for (const uri of line.uris) {
      const way = turn++
      const title = `${line.name}, URI ${uri}, policy ${policy}`
      const isTarget = line.returns === 'both' || (line.returns === 'P' && policy)

      test(`${title}: without a session nothing is asked; with one, yes ends it`, async () => {
        const { browser, tokens } = await signInTo(policy)
        const anonymous = createBrowserSession()
        const page = await ask(anonymous, line, uri, policy, tokens, way)
        checkPage(page, isTarget ? 'You are not signed in' : 'You are signed out', line, isTarget, uri, false)
        if (isTarget) checkTarget(await anonymous.submit(page, {}, { until: GOODBYE }), true, uri, '')

        const dialog = await ask(browser, line, uri, policy, tokens, way + 1)
        checkPage(dialog, 'Sign out?', line, isTarget, uri, true)
        const answer = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
        checkTarget(answer, isTarget, uri, 'You are signed out')
        assert.equal(browser.cookie('ostiary_op'), undefined)
        assert.equal(browser.cookie('ostiary_op.sig'), undefined)
        assert.equal(await stateOf(browser, `A-${policy}`), 'login_required')
        for (const { access_token: token } of tokens.values()) assert.equal(await isAlive(token), false)
      })

      test(`${title}: no keeps the session`, async () => {
        const { browser, tokens } = await signInTo(policy)
        const dialog = await ask(browser, line, uri, policy, tokens, way + 2)
        const answer = await browser.submit(dialog, { logout: 'no' }, { until: GOODBYE })
        checkTarget(answer, isTarget, uri, 'You are still signed in')
        assert.equal(await stateOf(browser, `A-${policy}`), 'signed in')
        const aboutOther = (line.notices ?? []).some((notice) => notice.startsWith('other_'))
        const ended = line.client === null || aboutOther ? undefined : `${line.client}-${policy}`
        for (const [clientId, { access_token: token }] of tokens) assert.equal(await isAlive(token), clientId !== ended)
      })
    }
  }
}

/** alice, signed in at both clients in one browser. */
async function signInTo(policy: boolean): Promise<{ browser: BrowserSession; tokens: Map<string, Tokens> }> {
  const first = await signIn(await discoverOnce(`A-${policy}`))
  const second = await signIn(await discoverOnce(`B-${policy}`), { browser: first.browser })
  const tokens = new Map([
    [`A-${policy}`, first.tokens],
    [`B-${policy}`, second.tokens],
  ])
  return { browser: first.browser, tokens }
}

const configurations = new Map<string, ReturnType<typeof discover>>()

function discoverOnce(clientId: string): ReturnType<typeof discover> {
  const found = configurations.get(clientId) ?? discover(provider.origin, clientId)
  configurations.set(clientId, found)
  return found
}

async function ask(
  browser: BrowserSession,
  line: Case,
  uri: string,
  policy: boolean,
  tokens: Map<string, Tokens>,
  way: number,
): Promise<VisitedPage> {
  const hint = (text: string | undefined, kind: 'id_token' | 'access_token'): string | undefined => {
    if (text === undefined) return undefined
    if (text === 'forged') return kind === 'id_token' ? `${hint('A', kind)}x` : hint('A', 'id_token')
    const [id, twist] = text.split(' ')
    const name = `${id}-${policy}`
    return (twist === undefined ? tokens.get(name) : strangers.get(`${name} ${twist}`))?.[kind]
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
  const url = provider.origin + PATHS[way % PATHS.length]
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

async function stateOf(browser: BrowserSession, clientId: string): Promise<string> {
  const { url } = await beginLogin(await discoverOnce(clientId), { prompt: 'none' })
  const answer = await browser.visit(url, { until: CALLBACK })
  return new URL(answer.url).searchParams.get('error') ?? 'signed in'
}

async function isAlive(token: string): Promise<boolean> {
  const answer = await fetch(`${provider.origin}/users-srv/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  return answer.status === 200
}
