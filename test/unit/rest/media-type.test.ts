import assert from 'node:assert/strict'
import test from 'node:test'
import { ApiError } from '../../../src/rest/api-error.ts'
import { checkContentType, checkVersions, chooseAnswerType } from '../../../src/rest/media-type.ts'

const V = (version: number) => `application/vnd.elasticsearch+json;compatible-with=${version}`

const ANSWERS: readonly { accept: string | undefined; type: string }[] = [
  { accept: undefined, type: 'application/json' },
  { accept: '*/*', type: 'application/json' },
  { accept: 'text/html', type: 'application/json' },
  { accept: V(9), type: V(9) },
  { accept: 'application/vnd.elasticsearch+json ; compatible-with = 8', type: V(8) },
  { accept: 'application/vnd.elasticsearch+json', type: 'application/vnd.elasticsearch+json' },
  { accept: V(7), type: 'application/json' },
  { accept: 'application/vnd.elasticsearch+json; compatible-with=8,text/plain', type: 'application/json' },
]

for (const { accept, type } of ANSWERS) {
  test(`Accept ${accept} is answered with ${type}`, () => assert.equal(chooseAnswerType(accept), type))
}

test('JSON is taken under both of its names, with or without charset and version', () => {
  const types = ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"', V(9)]
  for (const type of types) assert.doesNotThrow(() => checkContentType({ 'content-type': type }))
})

test('every other type is a 406 that names it', () => {
  const others = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/yaml',
    'json',
    '',
  ]
  for (const type of [
    ...others,
    'application/json; charset=latin1',
    'application/jsonx',
    'application/json, text/plain',
  ]) {
    assert.throws(() => checkContentType({ 'content-type': type }), {
      status: 406,
      body: { error: `Content-Type header [${type}] is not supported`, status: 406 },
    })
  }
  assert.throws(() => checkContentType({}), {
    status: 406,
    body: { error: 'Content-Type header is missing', status: 406 },
  })
})

test('a compressed body is refused by its encoding, not as bad JSON', () => {
  assert.throws(() => checkContentType({ 'content-type': 'application/json', 'content-encoding': 'gzip' }), {
    body: { error: 'Content-Encoding header [gzip] is not supported', status: 406 },
  })
})

const BOTH =
  'A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version'
const CLASHES: readonly { name: string; accept?: string; contentType?: string; headers: string; cause: string }[] = [
  {
    name: 'an Accept of version 7',
    accept: V(7),
    headers: 'Accept',
    cause: `Accept version must be either version 9 or 8, but found 7. Accept=${V(7)}`,
  },
  {
    name: 'a Content-Type of version 10',
    accept: V(9),
    contentType: V(10),
    headers: 'Content-Type',
    cause: `Content-Type version must be either version 9 or 8, but found 10. Content-Type=${V(10)}`,
  },
  {
    name: 'two versions',
    accept: V(8),
    contentType: V(9),
    headers: 'Accept, Content-Type',
    cause: `${BOTH} and the compatible versions must match. Accept=${V(8)}, Content-Type=${V(9)}`,
  },
  {
    name: 'a version on the body only',
    accept: '*/*',
    contentType: V(9),
    headers: 'Accept, Content-Type',
    cause: `${BOTH}. Accept=*/*, Content-Type=${V(9)}`,
  },
]

for (const { name, accept, contentType, headers, cause } of CLASHES) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => checkVersions(accept, contentType),
      (error: unknown) => {
        assert.ok(error instanceof ApiError && error.cause instanceof ApiError)
        assert.equal(error.status, 400)
        assert.equal(error.type, 'media_type_header_exception')
        assert.equal(error.message, `Invalid media-type value on headers [${headers}]`)
        assert.equal(error.cause.type, 'status_exception')
        assert.equal(error.cause.message, cause)
        return true
      },
    )
  })
}

test('the same version on both, or on the Accept of a request without body, is fine', () => {
  checkVersions(V(8), V(8))
  checkVersions(V(9), undefined)
  checkVersions('application/vnd.elasticsearch+json', 'application/json')
  checkVersions(undefined, undefined)
})
