import { createNativeRealm } from '../authc/native-realm.ts'
import type { User } from '../authc/authentication.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Store } from '../store/store.ts'
import type { Account } from './accounts-file.ts'
import type { Accounts } from './accounts.ts'

// OpenID Connect Core 1.0 §2: at most 255 ASCII characters.
const SUBJECT = /^[\x21-\x7E]{1,255}$/

/**
 * The users of the security API as accounts of the provider: the user name is the subject, the roles are the groups.
 * They are read anew each time, so while somebody is disabled, no session and no token of theirs counts; and what a
 * deleted user had is not of the next one who gets the name.
 */
export function createNativeAccounts(parts: { store: Pick<Store, 'documents'>; clock: Clock }): Accounts {
  const users = createNativeRealm(parts)
  return {
    async findBySubject(subject) {
      const found = await users.identify(subject)
      const account = buildAccount(found?.user)
      return account && { ...account, incarnation: found?.incarnation ?? '' }
    },
    async verify(name, password) {
      return buildAccount(await users.authenticate(name, password))
    },
    // Nobody is told of the end: the next look finds nobody.
    onRemoval: () => {},
    close: () => {},
  }
}

function buildAccount(user: User | undefined): Account | undefined {
  if (user?.enabled !== true || !SUBJECT.test(user.username)) return undefined
  const { username, fullName, email, roles } = user
  const claims = {
    preferred_username: username,
    groups: [...roles],
    ...(fullName !== null && { name: fullName }),
    ...(email !== null && { email }),
  }
  return { name: username, subject: username, claims }
}
