/** Which routes a path leads to. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { defineRoute, type Method } from '../../../src/rest/route.ts'
import { createRouteTable } from '../../../src/rest/route-table.ts'

const route = (path: string, ...methods: Method[]) =>
  defineRoute({
    summary: path,
    methods,
    path,
    read: () => undefined,
    action: () => '',
    act: async () => ({ body: {} }),
  })

const find = createRouteTable([
  route('/', 'GET', 'HEAD'),
  route('/user', 'GET'),
  route('/user/:name', 'DELETE', 'GET'),
  route('/user/:name', 'PUT'),
  route('/user/_me', 'GET'),
  route('/user/:name/_password', 'PUT'),
  route('/of/:application/:privilege', 'GET'),
])

for (const [path, leadsTo, variables = {}] of [
  ['/', '/'],
  ['//', '/'],
  ['/user', '/user'],
  ['/user/', '/user'],
  ['/user/bob', '/user/:name', { name: 'bob' }],
  ['/user/bob/', '/user/:name', { name: 'bob' }],
  ['/user/_me', '/user/_me'],
  ['/user/_me/_password', '/user/:name/_password', { name: '_me' }],
  ['/user/_password', '/user/:name', { name: '_password' }],
  ['/user//_password', '/user/:name/_password', { name: '' }],
  ['/user/a%2Fb%20c', '/user/:name', { name: 'a/b c' }],
  ['/user/%5Fme', '/user/_me'],
  ['/of/a/b,c', '/of/:application/:privilege', { application: 'a', privilege: 'b,c' }],
  ['/user/__proto__', '/user/:name', { name: '__proto__' }],
] as const) {
  test(`${path} leads to ${leadsTo}`, () => {
    const place = find(path)
    assert.equal(place?.routes.values().next().value?.path, leadsTo)
    assert.deepEqual(place.variables, variables)
  })
}

for (const path of ['', '/User', '/use', '/users', '/user%2Fbob', '/user/bob/x', '/user/bob//', '/user/%zz', '*']) {
  test(`${JSON.stringify(path)} leads nowhere`, () => assert.equal(find(path), undefined))
}

test('the methods of a path are those of all its routes, in the order of the Allow header', () => {
  const place = find('/user/bob')
  assert.deepEqual(place?.methods, ['GET', 'PUT', 'DELETE'])
  assert.equal(place?.routes.get('PUT')?.methods[0], 'PUT')
  assert.equal(place?.routes.get('POST'), undefined)
})
