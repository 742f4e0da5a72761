import assert from 'node:assert/strict'
import test from 'node:test'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { buildRootRoutes } from '../../../src/rest/root.ts'

const node = { name: 'n', clusterName: 'c', clusterUuid: 'u', version: '9.2.0' }
const caller = {
  user: { username: 'joe', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: { name: 'reserved', type: 'reserved' },
  lookupRealm: { name: 'reserved', type: 'reserved' },
  type: 'realm',
} as const

function readHealth(checkStore: () => Promise<void>) {
  const route = buildRootRoutes({ node, checkStore }).find(({ path }) => path === '/_cluster/health')
  return route?.act(undefined, caller, 'request-1')
}

test('the health is green while the store answers, and red while it is away', async () => {
  const green = await readHealth(async () => {})
  assert.deepEqual(green?.body, { cluster_name: 'c', status: 'green', timed_out: false, number_of_nodes: 1 })
  const red = await readHealth(() => Promise.reject(new SecurityError('store_unavailable', 'away')))
  assert.equal(red?.body['status'], 'red')
  await assert.rejects(Promise.resolve(readHealth(() => Promise.reject(new TypeError('a bug')))), TypeError)
})
