/** An authentication as a token pair remembers it, and the identity of the client that got the pair. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'
import type { Authentication, RealmRef, RunBy, User } from './authentication.ts'

/** Realm types of which there is one only, whatever its name: a renamed realm is the same. */
const SINGLE_TYPES: ReadonlySet<string> = new Set(['native', 'file', 'reserved'])

/** Everything of an authentication that outlives the request, in the form for the store. */
export function writeAuthentication({ user, runBy, authenticationRealm, lookupRealm }: Authentication): JsonObject {
  return {
    user: writeUser(user),
    ...(runBy === undefined ? {} : { runBy: { user: writeUser(runBy.user), knowsTarget: runBy.knowsTarget } }),
    authenticationRealm: { ...authenticationRealm },
    lookupRealm: { ...lookupRealm },
  }
}

/**
 * The authentication that a bearer of the pair has: all as at the login, except that it comes by token now.
 * @throws SecurityError `record_damaged`
 */
export function readAuthentication({ user, runBy, authenticationRealm, lookupRealm }: JsonObject): Authentication {
  if (!isUser(user) || !isOptionalRunBy(runBy) || !isRealm(authenticationRealm) || !isRealm(lookupRealm)) {
    throw new SecurityError('record_damaged', 'the authentication kept with a token is damaged')
  }
  return { user, ...(runBy && { runBy }), authenticationRealm, lookupRealm, type: 'token' }
}

/** The client that a pair is issued to: run-as counts as the effective user. */
export function writeClient({ user, lookupRealm }: Authentication): JsonObject {
  return { username: user.username, realm: { ...lookupRealm } }
}

/** Whether the client of a pair is this caller: the same name in the same realm. */
export function isSameClient({ username, realm }: JsonObject, { user, lookupRealm }: Authentication): boolean {
  if (username !== user.username || !isRealm(realm) || realm.type !== lookupRealm.type) return false
  return realm.name === lookupRealm.name || SINGLE_TYPES.has(realm.type)
}

function writeUser(user: User): JsonObject {
  return { ...user, roles: [...user.roles] }
}

function isOptionalRunBy(value: Json | undefined): value is (JsonObject & RunBy) | undefined {
  return value === undefined || (isJsonObject(value) && isUser(value.user) && typeof value.knowsTarget === 'boolean')
}

function isUser(value: Json | undefined): value is JsonObject & User {
  return (
    isJsonObject(value) &&
    typeof value.username === 'string' &&
    Array.isArray(value.roles) &&
    value.roles.every((role) => typeof role === 'string') &&
    (value.fullName === null || typeof value.fullName === 'string') &&
    (value.email === null || typeof value.email === 'string') &&
    isJsonObject(value.metadata) &&
    typeof value.enabled === 'boolean'
  )
}

function isRealm(value: Json | undefined): value is JsonObject & RealmRef {
  return isJsonObject(value) && typeof value.name === 'string' && typeof value.type === 'string'
}
