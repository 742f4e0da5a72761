/** Users in the store: records of kind `user` under their names. Reserved users have one once something was changed. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type JsonObject } from '../kernel/json.ts'
import type { Documents, StoredDocument } from '../store/store.ts'
import type { User } from './authentication.ts'

export type UserRecord = {
  password_hash: string
  roles: string[]
  full_name: string | null
  email: string | null
  metadata: JsonObject
  enabled: boolean
  /** Random, of the creation: a user who is deleted and made again is another one. Users of older versions have none. */
  incarnation?: string
}

/** What is kept of a reserved user: what it may do is not in the store. */
export type ReservedUserRecord = Pick<UserRecord, 'enabled'> & Partial<Pick<UserRecord, 'password_hash'>>

/** @throws SecurityError `record_damaged` */
export function readUserRecord({ name, body }: StoredDocument): UserRecord {
  const { password_hash, roles, full_name = null, email = null, metadata, enabled, incarnation } = body
  if (
    typeof password_hash !== 'string' ||
    !Array.isArray(roles) ||
    !roles.every((role) => typeof role === 'string') ||
    (full_name !== null && typeof full_name !== 'string') ||
    (email !== null && typeof email !== 'string') ||
    !isJsonObject(metadata) ||
    typeof enabled !== 'boolean'
  ) {
    throw new SecurityError('record_damaged', `the record of the user [${name}] is damaged`)
  }
  const record = { password_hash, roles, full_name, email, metadata, enabled }
  return typeof incarnation === 'string' ? { ...record, incarnation } : record
}

export function buildUser(username: string, record: UserRecord): User {
  const { roles, full_name: fullName, email, metadata, enabled } = record
  return { username, roles, fullName, email, metadata, enabled }
}

/** How often a write starts again because somebody else was faster. */
const MAX_ATTEMPTS = 10

/**
 * Writes a user's record over what is there at that moment, never over what somebody else wrote meanwhile.
 * @param build the new record from the old one; may be called several times
 */
export async function writeUserRecord(
  documents: Documents,
  username: string,
  build: (existing: StoredDocument | undefined) => UserRecord | ReservedUserRecord,
): Promise<{ created: boolean }> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const existing = await documents.get('user', username)
    const record = build(existing)
    const written =
      existing === undefined
        ? (await documents.create('user', username, record)).created
        : await documents.replace('user', existing, record)
    if (written) return { created: existing === undefined }
  }
  throw new SecurityError('store_unavailable', `the user [${username}] is being written by too many at once`)
}
