/** `GET /_security/_authenticate`: who the caller is. Every authenticated caller may ask, even without roles. */
import { addAnonymousRoles, type Anonymous } from '../authc/anonymous.ts'
import type { Authentication } from '../authc/authentication.ts'
import type { JsonObject } from '../kernel/json.ts'
import { defineRoute, type Answer, type Route } from './route.ts'

export function buildAuthenticateRoutes({ anonymous }: { anonymous?: Anonymous | undefined }): Route[] {
  // Of a caller who is known by heart, which is the same unchangeable value each time. An entry of each caller who is not
  // would cost more than it could ever save, above all memory.
  const written = new WeakMap<Authentication, Answer>()
  return [
    defineRoute({
      summary: 'Who the caller is',
      methods: ['GET'],
      path: '/_security/_authenticate',
      read: () => undefined,
      action: () => 'cluster:admin/xpack/security/user/authenticate',
      onOwnAccount: () => true,
      async act(_nothing, caller) {
        let answer = written.get(caller)
        if (answer === undefined) {
          const body = describeAuthentication(addAnonymousRoles(caller, anonymous))
          answer = { body, text: JSON.stringify(body) }
          if (Object.isFrozen(caller)) written.set(caller, answer)
        }
        return answer
      },
    }),
  ]
}

/** An authentication under the names and in the order of the wire. */
export function describeAuthentication({ user, authenticationRealm, lookupRealm, type }: Authentication): JsonObject {
  return {
    username: user.username,
    roles: [...user.roles],
    full_name: user.fullName,
    email: user.email,
    metadata: user.metadata,
    enabled: user.enabled,
    authentication_realm: { name: authenticationRealm.name, type: authenticationRealm.type },
    lookup_realm: { name: lookupRealm.name, type: lookupRealm.type },
    authentication_type: type,
  }
}
