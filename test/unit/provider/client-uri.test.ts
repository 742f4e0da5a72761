import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLIENT_URIS } from '../../../src/provider/client-uri.ts'

const { redirect_uris: faultOf, backchannel_logout_uri: faultOfHttps } = CLIENT_URIS
const WEB = { confidential: true, native: false }
const OPEN = { confidential: false, native: false }
const NATIVE = { confidential: false, native: true }

for (const uri of ['https://a/b?c=d', 'https://a', 'http://localhost:1/x', 'http://127.0.0.1/', 'http://[::1]:1/']) {
  test(`${uri} may be registered by every web client`, () => assert.equal(faultOf(uri, OPEN), undefined))
}

for (const uri of [
  'javascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://a/',
  '//a/b',
  '/b',
  '',
  'https://user@a/',
  'https://ok\\@evil/',
  'https://@a/',
  'https://a/#x',
  'https://a/#',
  'https://*.a/',
  'https://a/*',
  'https://a /',
  ' https://a/',
  'https://a/\t',
  'https://a/\u2028',
  'https://ä/',
  'https://',
]) {
  test(`${JSON.stringify(uri)} may be registered by nobody`, () => {
    for (const client of [WEB, OPEN, NATIVE]) assert.equal(typeof faultOf(uri, client), 'string')
  })
}

test('plain http beyond this machine is for confidential clients only', () => {
  assert.equal(faultOf('http://a/', WEB), undefined)
  assert.match(faultOf('http://a/', OPEN) ?? '', /https/)
  assert.match(faultOf('http://a/', NATIVE) ?? '', /https/)
})

test('a private scheme is for native clients, and has a dot', () => {
  assert.equal(faultOf('app.example:/x', NATIVE), undefined)
  assert.match(faultOf('app.example:/x', WEB) ?? '', /https/)
  assert.match(faultOf('app:/x', NATIVE) ?? '', /dot/)
})

test('a URI that we call ourselves uses https', () => {
  assert.equal(faultOfHttps('https://a/b'), undefined)
  assert.match(faultOfHttps('http://localhost/b') ?? '', /https/)
})
