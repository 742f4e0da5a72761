import type { RealmRef, User } from './authentication.ts'

/** A realm that knows users by name and password. */
export interface PasswordRealm {
  readonly ref: RealmRef
  /**
   * @returns `undefined` if this realm does not accept: no such user, a wrong password, a disabled user. Realms that keep
   *   passwords take the same time for each of them
   * @throws SecurityError `store_unavailable` when it cannot say
   */
  authenticate(username: string, password: string): Promise<User | undefined>
  /** The user of that name, enabled or not. */
  lookup(username: string): Promise<User | undefined>
  /** Whether no other realm may accept this name. Absent: never. */
  owns?(username: string): boolean
  /** Forgets what is remembered of these users, or of all. Absent: nothing is remembered that could be outdated. */
  clearCache?(usernames?: readonly string[]): void
}

/** Whether the passwords of a realm are kept here, and can be changed here. */
export function keepsPasswords({ type }: RealmRef): boolean {
  return type === 'native' || type === 'reserved'
}
