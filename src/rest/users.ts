/** `/_security/user`: the users of the native realm, and the passwords of the reserved ones. */
import type { Authentication, User } from '../authc/authentication.ts'
import { mayChangeOwnPassword } from '../authc/authorizer.ts'
import type { NativeRealm } from '../authc/native-realm.ts'
import { keepsPasswords } from '../authc/realms.ts'
import type { ReservedRealm } from '../authc/reserved-realm.ts'
import { readPasswordRequest, readUserRequest, type UserRequest } from '../authc/user-request.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { FLAG, OBJECT, TEXT, TEXTS } from './body-shape.ts'
import { buildDeleteRoute, buildShowRoutes } from './named-entries.ts'
import { readName } from './names.ts'
import { checkRefresh } from './query.ts'
import { type ConfigChange, defineRoute, type Route } from './route.ts'

const PATH = '/_security/user'
const ACTION = 'cluster:admin/xpack/security/user/'
const PASSWORD = { password: TEXT, password_hash: TEXT }

export function buildUserRoutes({ native, reserved }: { native: NativeRealm; reserved: ReservedRealm }): Route[] {
  const put = defineRoute({
    summary: 'Create or update a user',
    fields: {
      ...PASSWORD,
      roles: TEXTS,
      full_name: TEXT,
      email: TEXT,
      metadata: OBJECT,
      enabled: FLAG,
      username: TEXT,
    },
    methods: ['PUT', 'POST'],
    path: `${PATH}/:name`,
    parameters: ['refresh'],
    body: 'required',
    read({ path, query, body }) {
      checkRefresh(query)
      const name = readName(path)
      return { name, user: readUserRequest(name, body) }
    },
    action: () => `${ACTION}put`,
    change: ({ name, user }) => ({ 'event.action': 'put_user', put: { user: describePut(name, user) } }),
    async act({ name, user }) {
      const { created } = await native.putUser(name, user)
      return { body: { created } }
    },
  })

  const show = buildShowRoutes({
    summary: 'Show users',
    path: PATH,
    action: `${ACTION}get`,
    async find(names) {
      const users = names === undefined ? await listUsers() : await findUsers(names)
      return users.map((user) => [user.username, describeUser(user)])
    },
  })

  const remove = buildDeleteRoute({
    summary: 'Delete a user',
    path: PATH,
    action: `${ACTION}delete`,
    change: (name) => ({ 'event.action': 'delete_user', delete: { user: { name } } }),
    remove: (name) => native.deleteUser(name),
  })

  const changeOwnPassword = defineRoute({
    summary: "Change one's own password",
    fields: PASSWORD,
    methods: ['PUT', 'POST'],
    path: `${PATH}/_password`,
    parameters: ['refresh'],
    body: 'required',
    read({ query, body }) {
      checkRefresh(query)
      return readPasswordRequest(body)
    },
    action: () => `${ACTION}change_password`,
    change: (_password, caller) => describePasswordChange(caller.user.username),
    onOwnAccount: (_password, caller) => mayChangeOwnPassword(caller),
    async act(password, caller) {
      // Who has no credentials is told so by the realm that knows such callers.
      if (caller.type !== 'anonymous') checkManagedHere(caller)
      await realmOf(caller.user.username).changePassword(caller.user.username, password)
      return { body: {} }
    },
  })

  const changePassword = defineRoute({
    summary: 'Change the password of a user',
    fields: PASSWORD,
    methods: ['PUT', 'POST'],
    path: `${PATH}/:name/_password`,
    parameters: ['refresh'],
    body: 'required',
    read({ path, query, body }) {
      checkRefresh(query)
      return { name: readName(path), password: readPasswordRequest(body) }
    },
    action: () => `${ACTION}change_password`,
    change: ({ name }) => describePasswordChange(name),
    onOwnAccount: ({ name }, caller) => name === caller.user.username && mayChangeOwnPassword(caller),
    async act({ name, password }) {
      await realmOf(name).changePassword(name, password)
      return { body: {} }
    },
  })

  const setEnabled = [
    { path: `${PATH}/:name/_enable`, enabled: true },
    { path: `${PATH}/:name/_disable`, enabled: false },
  ].map(({ path, enabled }) =>
    defineRoute({
      summary: 'Enable or disable a user',
      methods: ['PUT', 'POST'],
      path,
      parameters: ['refresh'],
      read({ path, query }) {
        checkRefresh(query)
        return readName(path)
      },
      action: () => `${ACTION}set_enabled`,
      change: (name) =>
        enabled
          ? { 'event.action': 'change_enable_user', change: { enable: { user: { name } } } }
          : { 'event.action': 'change_disable_user', change: { disable: { user: { name } } } },
      async act(name, caller) {
        if (name === caller.user.username && keepsPasswords(caller.lookupRealm)) {
          throw new SecurityError('argument_illegal', 'users may not update the enabled status of their own account')
        }
        await realmOf(name).setEnabled(name, enabled)
        return { body: {} }
      },
    }),
  )

  return [put, ...show, remove, changeOwnPassword, changePassword, ...setEnabled]

  function realmOf(name: string): NativeRealm | ReservedRealm {
    return reserved.has(name) ? reserved : native
  }

  async function listUsers(): Promise<User[]> {
    return [...(await native.list()), ...(await reserved.list())]
  }

  async function findUsers(names: readonly string[]): Promise<User[]> {
    const users = await Promise.all(names.map((name) => realmOf(name).lookup(name)))
    return users.filter((user) => user !== undefined)
  }
}

/** Somebody from elsewhere may have the name of a user of ours, whose password is then not "their own". */
function checkManagedHere({ user, lookupRealm }: Authentication): void {
  if (keepsPasswords(lookupRealm)) return
  checkNoFaults(
    [`user [${user.username}] is a(n)${lookupRealm.type} user and cannot be managed via this API.`],
    'entry_invalid',
  )
}

function describePut(name: string, { password, roles, fullName, email, metadata, enabled }: UserRequest): JsonObject {
  const named = { ...(fullName !== null && { full_name: fullName }), ...(email !== null && { email }) }
  return { name, enabled, roles: [...roles], ...named, has_password: password !== undefined, metadata }
}

function describePasswordChange(name: string): ConfigChange {
  return { 'event.action': 'change_password', change: { password: { user: { name } } } }
}

/** A user under the names and in the order of the wire. */
export function describeUser({ username, roles, fullName, email, metadata, enabled }: User): JsonObject {
  return { username, roles: [...roles], full_name: fullName, email, metadata, enabled }
}
