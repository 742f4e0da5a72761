import assert from 'node:assert/strict'
import test from 'node:test'
import { createSessionSecret, formatSessionCookie, readSessionCookie } from '../../../src/portal/session-cookie.ts'

const settings = {
  basePath: '',
  cookieName: 'sid',
  secureCookies: false,
  sameSiteCookies: 'Lax',
  embedding: false,
} as const
const secret = createSessionSecret()

test('a secret is 32 random bytes in 43 characters', () => {
  assert.match(secret, /^[\w-]{43}$/)
  assert.notEqual(createSessionSecret(), secret)
})

test('the cookie is found among others, and equal ones count once', () => {
  assert.deepEqual(readSessionCookie(`a=b; sid=${secret}; c`, 'sid'), { found: 'one', secret })
  assert.deepEqual(readSessionCookie(`sid=${secret}; sid=${secret}`, 'sid'), { found: 'one', secret })
  assert.deepEqual(readSessionCookie(undefined, 'sid'), { found: 'none' })
  assert.deepEqual(readSessionCookie(`xsid=${secret}`, 'sid'), { found: 'none' })
})

test('values of another form are ignored, and different ones of the right form cancel each other', () => {
  assert.deepEqual(readSessionCookie(`sid=garbage; sid=${secret}`, 'sid'), { found: 'one', secret })
  assert.deepEqual(readSessionCookie(`sid=${secret}x`, 'sid'), { found: 'none' })
  assert.deepEqual(readSessionCookie(`sid=${'A'.repeat(42)}B`, 'sid'), { found: 'none' }, 'a second spelling')
  assert.deepEqual(readSessionCookie(`sid=${secret}; sid=${'A'.repeat(43)}`, 'sid'), { found: 'several' })
})

test('a name that browsers take for another one is another one', () => {
  // U+00A0 makes a name without the prefix `__Host-`, so any host of the domain may set it.
  for (const name of ['\u00a0__Host-sid', '__Host-sid\u00a0', '__host-sid', '"__Host-sid"'])
    assert.deepEqual(readSessionCookie(`${name}=${secret}`, '__Host-sid'), { found: 'none' }, name)
  assert.deepEqual(readSessionCookie(`__Host-sid=${secret}\u00a0`, '__Host-sid'), { found: 'none' })
  assert.deepEqual(readSessionCookie(`a=b;\t__Host-sid = ${secret} `, '__Host-sid'), { found: 'one', secret })
})

test('the cookie is for the server only and follows the settings', () => {
  assert.equal(formatSessionCookie(secret, settings), `sid=${secret}; Path=/; HttpOnly; SameSite=Lax`)
  assert.equal(
    formatSessionCookie(secret, { ...settings, basePath: '/kbn', secureCookies: true, sameSiteCookies: 'None' }),
    `sid=${secret}; Path=/kbn; HttpOnly; SameSite=None; Secure`,
  )
  assert.equal(formatSessionCookie(undefined, settings), 'sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0')
})
