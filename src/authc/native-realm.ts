/** The realm of the users that the API writes: records of kind `user`, read anew for every authentication. */
import { findNameFault } from '../authz/names.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { randomText } from '../kernel/random.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import type { Store } from '../store/store.ts'
import type { User } from './authentication.ts'
import { listDocuments } from './document-pages.ts'
import { createPasswordVerifier } from './password-verifier.ts'
import type { PasswordRealm } from './realms.ts'
import { isInternalUser, RESERVED_USERS } from './reserved-users.ts'
import { buildUser, readUserRecord, type UserRecord, writeUserRecord } from './user-record.ts'
import { buildPasswordHash, type NewPassword, type UserRequest } from './user-request.ts'

export interface NativeRealm extends PasswordRealm {
  /** In the order of their names. */
  list(): Promise<User[]>
  /** As `lookup`, with what tells this user from an earlier one of the same name; empty for users of older versions. */
  identify(username: string): Promise<{ readonly user: User; readonly incarnation: string } | undefined>
  /**
   * Creates a user, or replaces everything but the password of one.
   * @throws SecurityError `validation_failed` for names that nobody may have, `entry_invalid` for a new user without password
   */
  putUser(username: string, request: UserRequest): Promise<{ created: boolean }>
  /** @returns whether there was one. @throws SecurityError `argument_illegal` for a reserved, internal or anonymous user */
  deleteUser(username: string): Promise<boolean>
  /** @throws SecurityError `entry_invalid` if there is no such user */
  changePassword(username: string, password: NewPassword): Promise<void>
  /** @throws SecurityError `entry_invalid` if there is no such user */
  setEnabled(username: string, enabled: boolean): Promise<void>
}

export function createNativeRealm({
  store: { documents },
  anonymous,
  clock = systemClock,
}: {
  store: Pick<Store, 'documents'>
  /** The user of callers without credentials: nobody else can have its name. */
  anonymous?: User | undefined
  clock?: Clock
}): NativeRealm {
  const verifier = createPasswordVerifier({ clock })

  return {
    ref: { name: 'default_native', type: 'native' },
    async authenticate(username, password) {
      if (RESERVED_USERS.has(username)) return undefined
      const record = await findRecord(username)
      const right = await verifier.verify(password, record?.password_hash)
      return right && record?.enabled === true ? buildUser(username, record) : undefined
    },
    async lookup(username) {
      const record = await findRecord(username)
      return record && buildUser(username, record)
    },
    async identify(username) {
      const record = await findRecord(username)
      return record && { user: buildUser(username, record), incarnation: record.incarnation ?? '' }
    },
    async list() {
      const all = await listDocuments(documents, 'user')
      return all
        .filter(({ name }) => !RESERVED_USERS.has(name) && name !== anonymous?.username)
        .map((user) => buildUser(user.name, readUserRecord(user)))
    },
    async putUser(username, request) {
      checkNoFaults(listFaults(username, request, anonymous))
      const { password, roles, fullName, email, metadata, enabled } = request
      const newHash = password && (await buildPasswordHash(password))
      return writeUserRecord(documents, username, (existing) => {
        const before = existing && readUserRecord(existing)
        const hash = newHash ?? before?.password_hash
        const incarnation = before === undefined ? randomText(16) : before.incarnation
        if (hash === undefined) return refuse('password must be specified unless you are updating an existing user')
        const record = { password_hash: hash, roles: [...roles], full_name: fullName, email, metadata, enabled }
        return incarnation === undefined ? record : { ...record, incarnation }
      })
    },
    async deleteUser(username) {
      if (username === anonymous?.username) {
        throw new SecurityError('argument_illegal', `user [${username}] is anonymous and cannot be deleted`)
      }
      if (RESERVED_USERS.has(username)) {
        throw new SecurityError('argument_illegal', `user [${username}] is reserved and cannot be deleted`)
      }
      if (isInternalUser(username)) throw new SecurityError('argument_illegal', `user [${username}] is internal`)
      return documents.delete('user', username)
    },
    async changePassword(username, password) {
      const hash = await buildPasswordHash(password)
      await change(username, 'user must exist in order to change password', (user) => ({
        ...user,
        password_hash: hash,
      }))
    },
    async setEnabled(username, enabled) {
      const missing = `only existing users can be ${enabled ? 'enabled' : 'disabled'}`
      await change(username, missing, (user) => ({ ...user, enabled }))
    },
  }

  async function findRecord(username: string): Promise<UserRecord | undefined> {
    if (RESERVED_USERS.has(username)) return undefined
    const document = await documents.get('user', username)
    return document && readUserRecord(document)
  }

  async function change(username: string, missing: string, build: (user: UserRecord) => UserRecord): Promise<void> {
    if (RESERVED_USERS.has(username)) refuse(missing)
    await writeUserRecord(documents, username, (existing) =>
      existing === undefined ? refuse(missing) : build(readUserRecord(existing)),
    )
  }
}

function listFaults(username: string, { roles }: UserRequest, anonymous: User | undefined): string[] {
  if (username === anonymous?.username) return [`user [${username}] is anonymous and cannot be modified via the API`]
  if (RESERVED_USERS.has(username)) return [`user [${username}] is reserved and only the password can be changed`]
  if (isInternalUser(username)) return [`user [${username}] is internal`]
  const faults = [findNameFault('User', username), ...roles.map((role) => findNameFault('Role', role))]
  return [...new Set(faults.filter((fault) => fault !== undefined))]
}

function refuse(fault: string): never {
  checkNoFaults([fault], 'entry_invalid')
  throw new TypeError('a fault was not refused')
}
