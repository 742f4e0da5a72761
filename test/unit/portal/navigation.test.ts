import assert from 'node:assert/strict'
import test from 'node:test'
import { readRequestKind } from '../../../src/portal/navigation.ts'

const ask = (headers: Record<string, string>, more: { path?: string; isPage?: boolean; method?: string } = {}) =>
  readRequestKind({ method: 'GET', path: '/x', isPage: false, embedding: false, headers, ...more })

const cases: readonly [string, boolean, Record<string, string>, { path?: string; isPage?: boolean }?][] = [
  [
    'an anti-CSRF header makes a program, whatever else is said',
    false,
    { 'kbn-xsrf': '', 'sec-fetch-mode': 'navigate' },
  ],
  ['kbn-version makes a program', false, { 'kbn-version': '9', accept: 'text/html' }],
  ['a system request is a program', false, { 'kbn-system-request': 'true', accept: 'text/html' }],
  ['XMLHttpRequest says so itself', false, { 'x-requested-with': 'XMLHttpRequest', accept: 'text/html' }],
  ['a path under /api/ is for programs', false, { accept: 'text/html' }, { path: '/api/x' }],
  ['a page under /internal/ is for people', true, { accept: 'text/html' }, { path: '/internal/x', isPage: true }],
  ['the browser says navigate', true, { 'sec-fetch-mode': 'navigate', accept: 'application/json' }],
  ['navigate to a document', true, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
  ['navigate to an object is none', false, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }],
  ['the browser says cors', false, { 'sec-fetch-mode': 'cors', accept: 'text/html' }],
  ['an image is no page', false, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['Accept names HTML', true, { accept: 'application/json, text/html;q=0.9' }],
  ['Accept names XHTML', true, { accept: 'application/xhtml+xml' }],
  ['no Accept at all', true, {}],
  ['Accept is just everything', true, { accept: '*/*' }],
  ['Accept names JSON', false, { accept: 'application/json, */*' }],
]
for (const [name, navigation, headers, more] of cases)
  test(name, () => assert.equal(ask(headers, more).navigation, navigation))

test('a sign-in may start only where a person sees it', () => {
  assert.equal(ask({ accept: 'text/html' }).mayStart, true)
  assert.equal(ask({ accept: 'text/html' }, { method: 'POST' }).mayStart, false)
  assert.equal(ask({ accept: 'text/html' }, { method: 'HEAD' }).mayStart, false)
  assert.equal(ask({ accept: 'text/html', authorization: 'Bearer x' }).mayStart, false)
  assert.equal(ask({ accept: 'text/html', purpose: 'prefetch' }).mayStart, false)
  assert.equal(ask({ accept: 'text/html', 'sec-purpose': 'prefetch;prerender' }).mayStart, false)
  assert.equal(ask({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'frame' }).mayStart, false)
  assert.equal(ask({ accept: 'application/json' }).mayStart, false)
})
