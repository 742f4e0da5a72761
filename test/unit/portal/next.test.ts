import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import * as fc from 'fast-check'
import { readNext, readTarget, withoutParameters, withParameter } from '../../../src/portal/next.ts'

interface Refused {
  readonly next: string
  readonly why: string
}
interface Accepted {
  readonly next: string
  readonly result: string
}
const vectors = JSON.parse(readFileSync(new URL('../../vectors/portal-next.json', import.meta.url), 'utf8')) as Record<
  'refused' | 'refusedWithBase',
  Refused[]
> &
  Record<'accepted' | 'acceptedWithBase', Accepted[]>

const name = (text: string) => JSON.stringify(text).slice(0, 60)

for (const { next, why } of vectors.refused)
  test(`next ${name(next)} is refused: ${why}`, () => {
    assert.equal(readNext(next, ''), '/')
    assert.equal(readNext(next, '/kbn'), '/kbn/')
  })

for (const { next, why } of vectors.refusedWithBase)
  test(`next ${name(next)} is refused under /kbn: ${why}`, () => assert.equal(readNext(next, '/kbn'), '/kbn/'))

for (const { next, result } of vectors.accepted)
  test(`next ${name(next)} is taken as ${name(result)}`, () => assert.equal(readNext(next, ''), result))

for (const { next, result } of vectors.acceptedWithBase)
  test(`next ${name(next)} is taken under /kbn as ${name(result)}`, () => assert.equal(readNext(next, '/kbn'), result))

test('an absent next leads to the start', () => {
  assert.equal(readNext(undefined, ''), '/')
  assert.equal(readNext(null, '/kbn'), '/kbn/')
})

/** Strings that are more hostile than random ones. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '\\', '//', '..', '.', '%2f', '%5c', '%2e', ':', '@', '?', '#', '\t', '\n', '\r', '\0', ' '),
      fc.constantFrom('http:', 'https:', 'javascript:', 'evil.example', 'kbn', '/kbn', 'portal.invalid:8080', '[::1]'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''))

test('A-4 for any string, a browser that follows the result stays on the origin and below the base path', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom('', '/kbn'), fc.option(hostile), (next, basePath, hash) => {
      for (const result of [readNext(next, basePath), readTarget(next, hash, basePath)])
        for (const origin of ['https://portal.example', 'http://127.0.0.1:5601']) {
          const url = new URL(result, `${origin}/some/page`)
          assert.equal(url.origin, origin)
          assert.ok(url.pathname === basePath || url.pathname.startsWith(`${basePath}/`))
          assert.ok(!/^\/(\/|%2f|%5c)/i.test(url.pathname))
          // oxlint-disable-next-line no-control-regex
          assert.doesNotMatch(result, /[\0-\x20\x7f-\uffff]/, 'nothing in it can end a header')
        }
    }),
    { numRuns: 2000 },
  )
})

test('a result that is judged again stays the same', () => {
  fc.assert(
    fc.property(hostile, (next) => {
      const once = readNext(next, '')
      assert.equal(readNext(once, ''), once.length > 4096 ? '/' : once)
    }),
  )
})

test('the target of a sign-in takes the fragment of the page, unless next has its own', () => {
  assert.equal(readTarget('/a', '#/board', ''), '/a#/board')
  assert.equal(readTarget('/a#own', '#/board', ''), '/a#own')
  assert.equal(readTarget('/a', '/board', ''), '/a')
  assert.equal(readTarget('//evil', '#/board', ''), '/#/board')
})

test('the target of a sign-in has no steering parameters and the rest of its query byte for byte', () => {
  const next = '/a?b=1%20&auth_provider_hint=x&&auth%5Furl%5Fhash=%23&c=%2B+'
  assert.equal(readTarget(next, undefined, ''), '/a?b=1%20&&c=%2B+')
  assert.equal(readTarget('/a?auth_url_hash=', undefined, ''), '/a')
})

test('the target of a sign-in is never a page of the sign-in itself', () => {
  const own = [
    '/login?x=1',
    '/logout',
    '/logged_out',
    '/security/logged_out#a',
    '/security/unauthenticated',
    '/lo%67in',
  ]
  for (const next of [...own, '/api/security/logout', '/internal/security/capture-url?next=/'])
    assert.equal(readTarget(next, undefined, ''), '/', next)
  assert.equal(readTarget('/kbn/login', undefined, '/kbn'), '/kbn/')
  assert.equal(readTarget('/security/account', undefined, ''), '/security/account')
  assert.equal(readTarget('/loginx', undefined, ''), '/loginx')
})

test('parameters are added and removed without touching their neighbours', () => {
  assert.equal(withParameter('/a', 'next', '/b?c'), '/a?next=%2Fb%3Fc')
  assert.equal(withParameter('/a?x', 'next', '#'), '/a?x&next=%23')
  assert.equal(withoutParameters('/a?x=1#y?x=2', ['x']), '/a#y?x=2')
})
