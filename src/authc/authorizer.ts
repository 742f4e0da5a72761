/**
 * Decides whether a caller may do something: by the cluster privileges of its roles as they are at this moment. Somebody
 * who acts as another user needs that user's privileges, and the right to act as it, for every action.
 */
import { matchesNamePattern } from '../authz/name-pattern.ts'
import { grantsAction, listGranting } from '../authz/privileges.ts'
import type { RoleDescriptor } from '../authz/role-descriptor.ts'
import { findServiceAccount, SERVICE_ACCOUNT_REALM } from '../authz/service-accounts.ts'
import { SecurityError } from '../kernel/errors.ts'
import { type Anonymous, listRoleNames } from './anonymous.ts'
import type { Authentication, RunBy, User } from './authentication.ts'
import { keepsPasswords } from './realms.ts'
import type { NamedRole, Roles } from './roles.ts'

export interface Authorizer {
  /**
   * @param action its full name, such as `cluster:admin/xpack/security/oidc/prepare`
   * @param onOwnAccount the action is one that everybody may do to the own account, without any role
   * @throws SecurityError `action_unauthorized`, or `authentication_required` of somebody without credentials; the message
   *   is for the caller
   */
  authorize(authentication: Authentication, action: string, onOwnAccount?: boolean): Promise<void>
  /** What somebody may do: the roles as they are at this moment. */
  listRoles(authentication: Authentication): Promise<RoleDescriptor[]>
}

export function createAuthorizer({
  roles,
  anonymous,
}: {
  roles: Pick<Roles, 'resolve'>
  anonymous?: Anonymous | undefined
}): Authorizer {
  return {
    async authorize(authentication, action, onOwnAccount = false) {
      if (authentication.runBy !== undefined) await authorizeRunAs(authentication, authentication.runBy, action)
      if (onOwnAccount) return
      if (isServiceAccount(authentication)) authorizeServiceAccount(authentication.user.username, action)
      else await authorizeUser(authentication, action)
    },
    async listRoles(authentication) {
      const { user } = authentication
      if (!isServiceAccount(authentication)) return (await resolveRoles(user)).map(({ role }) => role)
      const account = findServiceAccount(user.username)
      return account === undefined ? [] : [account]
    },
  }

  function resolveRoles(user: User): Promise<readonly NamedRole[]> {
    return roles.resolve(listRoleNames(user, anonymous))
  }

  async function authorizeRunAs({ user }: Authentication, { user: by, knowsTarget }: RunBy, action: string) {
    const effective = await resolveRoles(by)
    const mayActAs = ({ role }: NamedRole) => role.run_as.some((pattern) => matchesNamePattern(pattern, user.username))
    if (knowsTarget && effective.some(mayActAs)) return
    const actor = `user [${by.username}]`
    const why = `because ${actor} is unauthorized to run as [${user.username}]`
    const subject = `${actor}${describeRoles(by, effective)}`
    throw new SecurityError('action_unauthorized', `action [${action}] is unauthorized for ${subject}, ${why}`)
  }

  async function authorizeUser({ user, runBy, type }: Authentication, action: string): Promise<void> {
    const effective = await resolveRoles(user)
    if (effective.some(({ role }) => grantsAction(role.cluster, action))) return
    if (type === 'anonymous' && anonymous?.authzException === false) {
      throw new SecurityError('authentication_required', `action [${action}] requires authentication`)
    }
    const subject =
      runBy === undefined ? `user [${user.username}]` : `user [${runBy.user.username}] run as [${user.username}]`
    refuse(action, `${subject}${describeRoles(user, effective)}`)
  }
}

function describeRoles({ roles: assigned }: User, effective: readonly NamedRole[]): string {
  const names = effective.map(({ name }) => name)
  const lost = assigned.filter((name) => !names.includes(name))
  const missing = lost.length === 0 ? '' : ` (assigned roles [${formatNames(lost)}] were not found)`
  return ` with effective roles [${formatNames(names)}]${missing}`
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
