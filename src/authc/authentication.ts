/**
 * Who is asking: the value that a realm, a token or the portal's own account turns into. Everything that a token
 * remembers of a login is in here (security API of Elasticsearch, "Authenticate a user").
 */
import type { JsonObject } from '../kernel/json.ts'

export interface User {
  readonly username: string
  readonly roles: readonly string[]
  readonly fullName: string | null
  readonly email: string | null
  readonly metadata: JsonObject
  readonly enabled: boolean
}

export interface RealmRef {
  readonly name: string
  readonly type: string
}

/** Who acts as another user. */
export interface RunBy {
  /** The user that authenticated. */
  readonly user: User
  /** Whether a realm knows the user that is acted as. If none does, nothing is allowed. */
  readonly knowsTarget: boolean
}

export interface Authentication {
  /** The effective user. */
  readonly user: User
  /** Set when somebody acts as `user`, who did not authenticate itself. */
  readonly runBy?: RunBy
  readonly authenticationRealm: RealmRef
  /** The realm of `user`; other than the authenticating one only if somebody acts as `user`. */
  readonly lookupRealm: RealmRef
  readonly type: 'realm' | 'token' | 'anonymous' | 'internal'
}
