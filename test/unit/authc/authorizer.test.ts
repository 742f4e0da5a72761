import assert from 'node:assert/strict'
import test from 'node:test'
import type { Authentication, RealmRef } from '../../../src/authc/authentication.ts'
import { createAuthorizer, mayChangeOwnPassword } from '../../../src/authc/authorizer.ts'
import { createRoles } from '../../../src/authc/roles.ts'
import { readRoleDescriptor } from '../../../src/authz/role-descriptor.ts'
import { PORTAL_ACCOUNT, SERVICE_ACCOUNT_REALM } from '../../../src/authz/service-accounts.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const PREPARE = 'cluster:admin/xpack/security/oidc/prepare'
const NATIVE = { name: 'default_native', type: 'native' }

function authenticated(
  roles: string[],
  {
    username = 'joe',
    realm = NATIVE,
    type = 'realm',
  }: { username?: string; realm?: RealmRef; type?: Authentication['type'] } = {},
): Authentication {
  const user = { username, roles, fullName: null, email: null, metadata: {}, enabled: true }
  return { user, authenticationRealm: realm, lookupRealm: realm, type }
}

test('a role that grants the action lets its user do it, at once and as long as it does', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  const authorizer = createAuthorizer({ roles })
  await assert.rejects(authorizer.authorize(authenticated(['r']), PREPARE), { reason: 'action_unauthorized' })
  await roles.put('r', readRoleDescriptor('r', { cluster: ['manage_oidc'] }))
  await authorizer.authorize(authenticated(['other', 'r']), PREPARE)
  await authorizer.authorize(authenticated(['superuser']), PREPARE)
  await roles.put('r', readRoleDescriptor('r', { cluster: ['monitor'] }))
  await assert.rejects(authorizer.authorize(authenticated(['r']), PREPARE), { reason: 'action_unauthorized' })
})

test('the refusal names user, action, roles and what would be needed', async (t) => {
  const roles = createRoles({ store: await openTemporaryStore(t) })
  const authorizer = createAuthorizer({ roles })
  await roles.put('b', readRoleDescriptor('b', {}))
  await roles.put('a', readRoleDescriptor('a', { cluster: ['monitor'] }))
  const refused = (message: string) => ({ reason: 'action_unauthorized', message })
  await assert.rejects(
    authorizer.authorize(authenticated(['b', 'a']), PREPARE),
    refused(
      `action [${PREPARE}] is unauthorized for user [joe] with effective roles [a,b], this action is granted by the cluster privileges [manage_oidc,manage_security,all]`,
    ),
  )
  await assert.rejects(
    authorizer.authorize(authenticated(['z', 'b', 'y']), PREPARE),
    refused(
      `action [${PREPARE}] is unauthorized for user [joe] with effective roles [b] (assigned roles [y,z] were not found), this action is granted by the cluster privileges [manage_oidc,manage_security,all]`,
    ),
  )
  await assert.rejects(
    authorizer.authorize(authenticated([]), 'indices:data/read/search'),
    refused('action [indices:data/read/search] is unauthorized for user [joe] with effective roles []'),
  )
})

test("the portal's account may do what it is for, and is refused as a service account", async (t) => {
  const authorizer = createAuthorizer({ roles: createRoles({ store: await openTemporaryStore(t) }) })
  const account = { username: PORTAL_ACCOUNT, realm: SERVICE_ACCOUNT_REALM, type: 'internal' as const }
  await authorizer.authorize(authenticated([], account), PREPARE)
  await authorizer.authorize(authenticated([], account), 'cluster:admin/xpack/security/token/create')
  await assert.rejects(authorizer.authorize(authenticated(['superuser'], account), 'cluster:monitor/main'), {
    reason: 'action_unauthorized',
    message:
      'action [cluster:monitor/main] is unauthorized for service account [ostiary/portal], this action is granted by the cluster privileges [monitor,manage,all]',
  })
})

test("a user with the portal's name is no service account, and an account that is not known may nothing", async (t) => {
  const authorizer = createAuthorizer({ roles: createRoles({ store: await openTemporaryStore(t) }) })
  await assert.rejects(authorizer.authorize(authenticated([], { username: PORTAL_ACCOUNT }), PREPARE), {
    reason: 'action_unauthorized',
    message: /for user \[ostiary\/portal\]/,
  })
  const unknown = { username: 'ostiary/other', realm: SERVICE_ACCOUNT_REALM }
  await assert.rejects(authorizer.authorize(authenticated([], unknown), PREPARE), {
    reason: 'action_unauthorized',
    message: /for service account \[ostiary\/other\]/,
  })
})

test('one changes the own password only with it, and only where it is kept here', () => {
  const oidc = { name: 'oidc1', type: 'oidc' }
  assert.equal(mayChangeOwnPassword(authenticated([])), true)
  assert.equal(mayChangeOwnPassword(authenticated([], { realm: { name: 'reserved', type: 'reserved' } })), true)
  assert.equal(mayChangeOwnPassword(authenticated([], { type: 'token' })), false)
  assert.equal(mayChangeOwnPassword(authenticated([], { realm: oidc })), false)
  assert.equal(mayChangeOwnPassword(authenticated([], { realm: oidc, type: 'token' })), false)
})
