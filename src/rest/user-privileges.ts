/** `/_security/user/_privileges` and `_has_privileges`: what the caller may do, and whether that is enough. */
import type { ApplicationPrivilegeStore } from '../authc/application-privileges.ts'
import type { Authorizer } from '../authc/authorizer.ts'
import { checkPrivileges, readPrivilegeCheck } from '../authz/privilege-check.ts'
import { sumUpPrivileges } from '../authz/user-privileges.ts'
import { SecurityError } from '../kernel/errors.ts'
import { OBJECTS, TEXTS } from './body-shape.ts'
import { defineRoute, type Route } from './route.ts'

const ACTION = 'cluster:admin/xpack/security/user/'

export function buildUserPrivilegeRoutes({
  authorizer,
  applicationPrivileges,
}: {
  authorizer: Authorizer
  applicationPrivileges: ApplicationPrivilegeStore
}): Route[] {
  const list = defineRoute({
    summary: 'Everything that the caller may do',
    methods: ['GET'],
    path: '/_security/user/_privileges',
    read: () => undefined,
    action: () => `${ACTION}list_privileges`,
    onOwnAccount: () => true,
    act: async (_nothing, caller) => ({ body: sumUpPrivileges(await authorizer.listRoles(caller)) }),
  })

  const check = ['/_security/user/_has_privileges', '/_security/user/:name/_has_privileges'].map((path) =>
    defineRoute({
      summary: 'Whether the caller has privileges',
      fields: { cluster: TEXTS, index: OBJECTS, application: OBJECTS },
      methods: ['GET', 'POST'],
      path,
      body: 'required',
      read({ path: { name }, body }, caller) {
        const username = name ?? caller.user.username
        return { username, check: readPrivilegeCheck(username, body) }
      },
      action: () => `${ACTION}has_privileges`,
      onOwnAccount: ({ username }, caller) => username === caller.user.username,
      async act({ username, check }, caller) {
        if (username !== caller.user.username) {
          throw new SecurityError('argument_illegal', 'users may only check the privileges of their own account')
        }
        const known = check.applications.length === 0 ? new Map() : await applicationPrivileges.readKnown()
        const { all, ...answers } = checkPrivileges(await authorizer.listRoles(caller), check, known)
        return { body: { username, has_all_requested: all, ...answers } }
      },
    }),
  )

  return [list, ...check]
}
