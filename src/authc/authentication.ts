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

export interface Authentication {
  /** The effective user. */
  readonly user: User
  readonly authenticationRealm: RealmRef
  readonly lookupRealm: RealmRef
  readonly type: 'realm' | 'token' | 'internal'
}
