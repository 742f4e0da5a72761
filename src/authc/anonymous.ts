/**
 * Who asks without credentials, where the settings give such callers roles. What anybody may do without a name, every
 * user may do with one: all users have these roles as well. Elasticsearch, "Enabling anonymous access".
 */
import { SecurityError } from '../kernel/errors.ts'
import type { Authentication, User } from './authentication.ts'
import { isInternalUser, RESERVED_USERS } from './reserved-users.ts'

export interface Anonymous {
  readonly authentication: Authentication
  /** Whether what it may not do is forbidden (403); else credentials are asked for (401). */
  readonly authzException: boolean
}

const REALM = { name: '__anonymous', type: '__anonymous' }

/** @throws SecurityError `argument_illegal` for the name of a reserved or internal user */
export function createAnonymous({
  username,
  roles,
  authzException,
}: {
  username: string
  roles: readonly string[]
  authzException: boolean
}): Anonymous {
  if (RESERVED_USERS.has(username) || isInternalUser(username)) {
    throw new SecurityError('argument_illegal', `[${username}] is the name of a reserved or internal user`)
  }
  const user = { username, roles, fullName: null, email: null, metadata: { _reserved: true }, enabled: true }
  return { authentication: { user, authenticationRealm: REALM, lookupRealm: REALM, type: 'anonymous' }, authzException }
}

/** The names of the roles that count for a user: its own, then those that everybody has; each once. */
export function listRoleNames({ roles }: User, anonymous: Anonymous | undefined): readonly string[] {
  return anonymous === undefined ? roles : [...new Set([...roles, ...anonymous.authentication.user.roles])]
}

/** The same authentication, its user with the roles that everybody has; callers of our own have none of them. */
export function addAnonymousRoles(caller: Authentication, anonymous: Anonymous | undefined): Authentication {
  if (anonymous === undefined || caller.type === 'internal') return caller
  return { ...caller, user: { ...caller.user, roles: listRoleNames(caller.user, anonymous) } }
}
