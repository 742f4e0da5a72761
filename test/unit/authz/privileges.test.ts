import assert from 'node:assert/strict'
import { findIndexPrivilegeFault } from '../../../src/authz/index-privileges.ts'
import test from 'node:test'
import { findClusterPrivilegeFault, grantsAction, listGranting } from '../../../src/authz/privileges.ts'

const SECURITY = 'cluster:admin/xpack/security/'

const GRANTING: Readonly<Record<string, string>> = {
  [`${SECURITY}oidc/prepare`]: 'manage_oidc,manage_security,all',
  [`${SECURITY}oidc/authenticate`]: 'manage_oidc,manage_security,all',
  [`${SECURITY}oidc/logout`]: 'manage_oidc,manage_security,all',
  [`${SECURITY}token/create`]: 'manage_token,manage_security,all',
  [`${SECURITY}token/refresh`]: 'manage_saml,manage_token,manage_security,all',
  [`${SECURITY}token/invalidate`]: 'delegate_pki,manage_saml,manage_token,manage_security,all',
  [`${SECURITY}user/get`]: 'read_security,manage_security,all',
  [`${SECURITY}role/get`]: 'read_security,manage_security,all',
  [`${SECURITY}role_mapping/get`]: 'read_security,manage_security,all',
  [`${SECURITY}privilege/builtin/get`]: 'read_security,manage_security,all',
  [`${SECURITY}user/put`]: 'manage_security,all',
  [`${SECURITY}user/change_password`]: 'manage_security,all',
  [`${SECURITY}role/delete`]: 'manage_security,all',
  [`${SECURITY}role_mapping/put`]: 'manage_security,all',
  [`${SECURITY}realm/cache/clear`]: 'manage_security,all',
  'cluster:monitor/main': 'monitor,manage,all',
  'cluster:monitor/health': 'monitor,manage,all',
  'cluster:admin/settings/update': 'manage,all',
  'indices:data/read/search': '',
}

for (const [action, expected] of Object.entries(GRANTING)) {
  test(`${action} is granted by [${expected}]`, () => {
    assert.equal(listGranting(action).join(','), expected)
    for (const privilege of ['manage_oidc', 'manage_token', 'manage_security', 'monitor', 'manage', 'all', 'none']) {
      assert.equal(grantsAction([privilege], action), expected.split(',').includes(privilege), privilege)
    }
  })
}

test('no privilege grants nothing, and one that is not known neither', () => {
  assert.equal(grantsAction([], 'cluster:monitor/main'), false)
  assert.equal(grantsAction(['superuser', 'monitor*', '*', ''], 'cluster:monitor/main'), false)
})

test('the letter case of a privilege does not count', () => {
  assert.equal(grantsAction(['Manage_OIDC'], `${SECURITY}oidc/logout`), true)
  assert.equal(findClusterPrivilegeFault('MONITOR'), undefined)
  assert.equal(findIndexPrivilegeFault('READ'), undefined)
})

test('a pattern over actions grants what it matches, and nothing else', () => {
  assert.equal(grantsAction([`${SECURITY}oidc/*`], `${SECURITY}oidc/logout`), true)
  assert.equal(grantsAction([`${SECURITY}oidc/prepare`], `${SECURITY}oidc/prepare`), true)
  assert.equal(grantsAction([`${SECURITY}oidc/prepare`], `${SECURITY}oidc/logout`), false)
  assert.equal(grantsAction(['cluster:*/oidc/p*'], `${SECURITY}oidc/prepare`), true)
})

test('a privilege that nobody knows is named together with all that could be meant', () => {
  assert.match(
    findClusterPrivilegeFault('manage_oicd') ?? '',
    /^unknown cluster privilege \[manage_oicd\]\. a privilege must be either one of the predefined cluster privilege names \[[a-z_,]*manage_oidc[a-z_,]*,all\] or a pattern over one of the available cluster actions$/,
  )
  assert.match(
    findIndexPrivilegeFault('reed') ?? '',
    /^unknown index privilege \[reed\]\. a privilege must be either one of the predefined fixed indices privileges \[all,[a-z_,]*write\] or a pattern over one of the available index actions$/,
  )
  assert.equal(findIndexPrivilegeFault('indices:data/read/*'), undefined)
  assert.throws(() => findClusterPrivilegeFault(`cluster:${'x'.repeat(2000)}`), { reason: 'argument_illegal' })
})
