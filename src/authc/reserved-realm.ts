/**
 * The realm of the reserved users. Their passwords are in the store once they were set by the API, as records of kind
 * `user` under their own names, which no native user can have. Until then `elastic` has the bootstrap password, and the
 * others have none. While the store is away they get in as it last knew them, so that an operator can look what is wrong;
 * whatever needs the store fails for them as for others. The user of callers without credentials is one of them, with a
 * name of the settings and without a password.
 */
import { type Clock, systemClock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Store, StoredDocument } from '../store/store.ts'
import type { User } from './authentication.ts'
import { createPasswordVerifier } from './password-verifier.ts'
import { hashPassword } from './password.ts'
import type { PasswordRealm } from './realms.ts'
import { RESERVED_USERS } from './reserved-users.ts'
import { type ReservedUserRecord, writeUserRecord } from './user-record.ts'
import { buildPasswordHash, type NewPassword } from './user-request.ts'

export interface ReservedRealm extends PasswordRealm {
  has(username: string): boolean
  list(): Promise<User[]>
  /** @throws SecurityError `argument_illegal` for the anonymous user; TypeError if it is no reserved user; as all its writes */
  changePassword(username: string, password: NewPassword): Promise<void>
  setEnabled(username: string, enabled: boolean): Promise<void>
}

export function createReservedRealm({
  store: { documents },
  bootstrapPassword,
  anonymous,
  clock = systemClock,
}: {
  store: Pick<Store, 'documents'>
  bootstrapPassword: string | undefined
  /** Absent: callers without credentials are refused. */
  anonymous?: User | undefined
  clock?: Clock
}): ReservedRealm {
  const verifier = createPasswordVerifier({ clock })
  let bootstrapHash: Promise<string> | undefined
  const lastKnown = new Map<string, ReservedUserRecord>()

  return {
    ref: { name: 'reserved', type: 'reserved' },
    async authenticate(username, password) {
      const user = RESERVED_USERS.get(username)
      if (user === undefined) return undefined
      const { enabled, password_hash: hash } = await findRecord(username)
      const right = await verifier.verify(
        password,
        hash ?? (username === 'elastic' ? await hashBootstrap() : undefined),
      )
      return right && enabled ? user : undefined
    },
    lookup,
    has,
    owns: has,
    async list() {
      const users = await Promise.all([...RESERVED_USERS.keys()].map((username) => lookup(username)))
      return [...users, anonymous].filter((user) => user !== undefined)
    },
    async changePassword(username, password) {
      checkNotAnonymous(username, 'cannot be modified via the API')
      const hash = await buildPasswordHash(password)
      await write(username, (existing) => ({ ...existing, password_hash: hash }))
    },
    async setEnabled(username, enabled) {
      checkNotAnonymous(username, 'cannot be modified using the api')
      await write(username, (existing) => ({ ...existing, enabled }))
    },
  }

  /** At the first use, since most starts see none. */
  async function hashBootstrap(): Promise<string | undefined> {
    if (bootstrapPassword !== undefined) bootstrapHash ??= hashPassword(bootstrapPassword)
    return bootstrapHash
  }

  function has(username: string): boolean {
    return RESERVED_USERS.has(username) || username === anonymous?.username
  }

  function checkNotAnonymous(username: string, otherwise: string): void {
    if (username !== anonymous?.username) return
    throw new SecurityError('argument_illegal', `user [${username}] is anonymous and ${otherwise}`)
  }

  async function lookup(username: string): Promise<User | undefined> {
    if (username === anonymous?.username) return anonymous
    const user = RESERVED_USERS.get(username)
    return user && { ...user, enabled: (await findRecord(username)).enabled }
  }

  async function findRecord(username: string): Promise<ReservedUserRecord> {
    try {
      const record = readRecord(await documents.get('user', username))
      lastKnown.set(username, record)
      return record
    } catch (error) {
      const isAway = error instanceof SecurityError && error.reason === 'store_unavailable'
      const record = lastKnown.get(username)
      if (!isAway || record === undefined) throw error
      return record
    }
  }

  async function write(username: string, change: (existing: ReservedUserRecord) => ReservedUserRecord): Promise<void> {
    if (!RESERVED_USERS.has(username)) throw new TypeError('not a reserved user')
    let written: ReservedUserRecord | undefined
    await writeUserRecord(documents, username, (existing) => (written = change(readRecord(existing))))
    if (written !== undefined) lastKnown.set(username, written)
  }
}

function readRecord(document: StoredDocument | undefined): ReservedUserRecord {
  if (document === undefined) return { enabled: true }
  const { password_hash: hash, enabled } = document.body
  if (typeof enabled !== 'boolean' || (hash !== undefined && typeof hash !== 'string')) {
    throw new SecurityError('record_damaged', `the record of the reserved user [${document.name}] is damaged`)
  }
  return hash === undefined ? { enabled } : { enabled, password_hash: hash }
}
