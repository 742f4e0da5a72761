/** Decides whether a caller may do something: by the cluster privileges of its roles as they are at this moment. */
import { grantsAction, listGranting } from '../authz/privileges.ts'
import { findServiceAccount, SERVICE_ACCOUNT_REALM } from '../authz/service-accounts.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Authentication } from './authentication.ts'
import { keepsPasswords } from './realms.ts'
import type { Roles } from './roles.ts'

export interface Authorizer {
  /**
   * @param action its full name, such as `cluster:admin/xpack/security/oidc/prepare`
   * @throws SecurityError `action_unauthorized`, its message for the caller
   */
  authorize(authentication: Authentication, action: string): Promise<void>
}

export function createAuthorizer({ roles }: { roles: Pick<Roles, 'resolve'> }): Authorizer {
  return {
    async authorize(authentication, action) {
      if (isServiceAccount(authentication)) authorizeServiceAccount(authentication.user.username, action)
      else await authorizeUser(authentication, action)
    },
  }

  async function authorizeUser({ user }: Authentication, action: string): Promise<void> {
    const effective = await roles.resolve(user.roles)
    if (effective.some(({ role }) => grantsAction(role.cluster, action))) return
    const names = effective.map(({ name }) => name)
    const lost = user.roles.filter((name) => !names.includes(name))
    const missing = lost.length === 0 ? '' : ` (assigned roles [${formatNames(lost)}] were not found)`
    refuse(action, `user [${user.username}] with effective roles [${formatNames(names)}]${missing}`)
  }
}

/**
 * Whether the caller may change its own password: only where the password is ours, and only with the password itself,
 * not with a token.
 */
export function mayChangeOwnPassword({ type, lookupRealm }: Authentication): boolean {
  return type === 'realm' && keepsPasswords(lookupRealm)
}

function isServiceAccount({ authenticationRealm: { name, type } }: Authentication): boolean {
  return name === SERVICE_ACCOUNT_REALM.name && type === SERVICE_ACCOUNT_REALM.type
}

function authorizeServiceAccount(name: string, action: string): void {
  const account = findServiceAccount(name)
  if (account !== undefined && grantsAction(account.cluster, action)) return
  refuse(action, `service account [${name}]`)
}

function refuse(action: string, subject: string): never {
  const granting = listGranting(action)
  const hint = granting.length === 0 ? '' : `, this action is granted by the cluster privileges [${granting.join(',')}]`
  throw new SecurityError('action_unauthorized', `action [${action}] is unauthorized for ${subject}${hint}`)
}

function formatNames(names: readonly string[]): string {
  return [...new Set(names)].sort().join(',')
}
