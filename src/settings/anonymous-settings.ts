import { boolean, list, text } from './setting-types.ts'
import { setting } from './setting.ts'
import type { AnonymousSettings } from './settings.ts'
import type { Values } from './values.ts'

/** Who a request to the security API is from that has no credentials. */
export const ANONYMOUS = {
  roles: setting({
    key: 'xpack.security.authc.anonymous.roles',
    type: list,
    default: [],
    description:
      'The roles of a caller without credentials; every other user has them too. None: such callers are refused.',
  }),
  username: setting({
    key: 'xpack.security.authc.anonymous.username',
    type: text,
    default: '_es_anonymous_user',
    description:
      'The name of a caller without credentials. Nobody else is let in by this name while there are such roles.',
  }),
  authzException: setting({
    key: 'xpack.security.authc.anonymous.authz_exception',
    type: boolean,
    default: 'true',
    description:
      'Whether what a caller without credentials may not do is a 403. `false`: a 401 that asks for credentials, as browsers need.',
  }),
}

/** @returns `undefined` if callers without credentials are refused */
export function readAnonymous(values: Values): AnonymousSettings | undefined {
  const roles = values.get(ANONYMOUS.roles)
  const username = values.get(ANONYMOUS.username)
  const authzException = values.get(ANONYMOUS.authzException)
  if (roles.length === 0) return undefined
  values.warn(`[${ANONYMOUS.roles.key}] lets anybody in without credentials, with the roles [${roles.join(', ')}]`)
  return { username, roles, authzException }
}
