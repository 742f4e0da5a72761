import assert from 'node:assert/strict'
import test from 'node:test'
import { createRoles } from '../../../src/authc/roles.ts'
import { readRoleDescriptor } from '../../../src/authz/role-descriptor.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

test('a role is there as it was put, until it is deleted', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  const role = readRoleDescriptor('r', { cluster: ['monitor'], description: 'x' })
  assert.deepEqual(await roles.put('r', role), { created: true })
  assert.deepEqual(await roles.put('r', role), { created: false })
  assert.deepEqual(await roles.resolve(['r']), [{ name: 'r', role }])
  assert.equal(await roles.delete('r'), true)
  assert.equal(await roles.delete('r'), false)
  assert.deepEqual(await roles.resolve(['r']), [])
})

test('resolving gives those roles that exist, each once, reserved ones included', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  await roles.put('b', readRoleDescriptor('b', {}))
  const found = await roles.resolve(['b', 'nowhere', 'superuser', 'b', '__proto__'])
  assert.deepEqual(
    found.map(({ name }) => name),
    ['b', 'superuser'],
  )
})

test('all roles: the stored ones, then the reserved ones', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  await roles.put('zebra', readRoleDescriptor('zebra', {}))
  const names = (await roles.list()).map(({ name }) => name)
  assert.equal(names[0], 'zebra')
  assert.ok(names.includes('superuser') && names.includes('kibana_system') && names.includes('viewer'))
})

test('a reserved role cannot be deleted', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  await assert.rejects(roles.delete('superuser'), {
    reason: 'argument_illegal',
    message: 'role [superuser] is reserved and cannot be deleted',
  })
})

test('a damaged record grants nothing', async (t) => {
  const store = await openTemporaryStore(t)
  await store.documents.put('role', 'r', { cluster: 'all' })
  await assert.rejects(createRoles({ store }).resolve(['r']), { reason: 'record_damaged' })
})

test('a set of roles that was asked for before is asked for again after any change of them', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  const ask = async () => {
    for (let time = 1; time < 3; time++) await roles.resolve(['a', 'viewer', 'b'])
    return (await roles.resolve(['a', 'viewer', 'b'])).map(({ name, role: { cluster } }) => `${name}:${cluster.join()}`)
  }
  const viewer = (await ask())[0]
  await roles.put('b', readRoleDescriptor('b', { cluster: ['monitor'] }))
  assert.deepEqual(await ask(), [viewer, 'b:monitor'])
  await roles.put('b', readRoleDescriptor('b', { cluster: ['all'] }))
  await roles.put('a', readRoleDescriptor('a', {}))
  assert.deepEqual(await ask(), ['a:', viewer, 'b:all'])
  await roles.delete('a')
  assert.deepEqual(await ask(), [viewer, 'b:all'])
})
