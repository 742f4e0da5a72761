/** What an operator sees of the provider: the audit log, and addresses behind a proxy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherAudit } from '../support/audit.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { beginLogin, clientSettings, discover, signIn, startProvider } from '../support/provider.ts'

/** Fields that say where and when, not what. */
const IN_EVERY = new Set(['event.type', 'origin.address'])

test('the audit log says who came in, what did not count, who went out, and who was told', async (t) => {
  const audit = gatherAudit()
  const { events } = audit
  const provider = await startProvider({
    clients: [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })],
    parts: { audit, fetch: async () => new Response(null, { status: 400 }) },
  })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const browser = createBrowserSession()
  const form = await browser.visit((await beginLogin(config)).url)
  await browser.submit(form, { username: 'alice', password: 'wrong', answer: 'login' })
  const { tokens } = await signIn(config, { browser })
  const dialog = await browser.visit(`${provider.origin}/session/end_session?id_token_hint=x`)
  await browser.submit(dialog, { logout: 'yes' })
  assert.deepEqual(
    events.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !IN_EVERY.has(name)))),
    [
      {
        'event.action': 'authentication_failed',
        'user.name': 'alice',
        'event.outcome': 'failure',
        'error.reason': 'name or password is not right',
      },
      {
        'event.action': 'authentication_success',
        'user.name': 'alice',
        'event.outcome': 'success',
        'error.reason': undefined,
      },
      {
        'event.action': 'end_session_requested',
        'provider.notices': ['id_token_hint_unusable'],
        'provider.client': undefined,
      },
      {
        'event.action': 'session_ended',
        'user.id': 's-alice',
        'provider.ended': 'session',
        'provider.clients': ['app'],
      },
      { 'event.action': 'logout_notice', 'user.id': 's-alice', 'provider.client': 'app', 'event.outcome': 'failure' },
    ],
  )
  assert.ok(events.every((event) => event['event.type'] === 'provider'))
  const address = events[0]?.['origin.address']
  assert.ok(typeof address === 'string' && address.endsWith('127.0.0.1'), JSON.stringify(address))
  assert.ok(!JSON.stringify(events).includes(tokens.access_token))
})

test('A-41: behind a trusted proxy the limit of failed logins is of the person, not of the proxy', async (t) => {
  const provider = await startProvider({ settings: { trustedProxies: ['127.0.0.0/8'] } })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const attempt = async (address: string, username: string, password: string) => {
    const headers = { 'x-forwarded-for': `6.6.6.6, ${address}` }
    const browser = createBrowserSession()
    const page = await browser.visit((await beginLogin(config)).url, { headers })
    return browser.submit(page, { username, password, answer: 'login' }, { headers, until: 'http://localhost:5601' })
  }
  for (let number = 0; number < 20; number++) await attempt('198.51.100.1', `guess-${number}`, 'wrong')
  assert.equal((await attempt('198.51.100.1', 'alice', 'alice-demo')).status, 429)
  assert.equal((await attempt('198.51.100.2', 'alice', 'alice-demo')).status, 0)
})

test('pages of another version, which still runs on another node, find their files here', async (t) => {
  const provider = await startProvider({})
  t.after(() => provider.close())
  const page = await (await fetch(`${provider.origin}/session/end_session`)).text()
  const [own = ''] = /\/ui\/[^"]+\.css/.exec(page) ?? []
  const files = [own, own.replace(/[0-9a-f]{16}/, '0123456789abcdef')].map((path) => fetch(provider.origin + path))
  const [mine, other] = await Promise.all(files)
  assert.match(String(mine?.headers.get('cache-control')), /immutable/)
  assert.equal(other?.headers.get('cache-control'), 'no-store')
  assert.equal(await other?.text(), await mine?.text())
})
