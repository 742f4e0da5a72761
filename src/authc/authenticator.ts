/**
 * Tells who sends a request, from its `Authorization` header: a bearer token of ours, or a name and password that one
 * of the password realms accepts. Elasticsearch's security API, "Authentication". Without any of them it is anonymous, if
 * the settings let it in.
 */
import { hash } from 'node:crypto'
import { SecurityError } from '../kernel/errors.ts'
import { createMarkedMemory, keepJson } from '../kernel/marked-memory.ts'
import { equalSecrets, randomText } from '../kernel/random.ts'
import type { Store } from '../store/store.ts'
import type { Anonymous } from './anonymous.ts'
import type { Authentication, RealmRef } from './authentication.ts'
import { keepsPasswords, type PasswordRealm } from './realms.ts'
import type { TokenService } from './token-service.ts'

export type Credentials =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }
  /** A scheme of Elasticsearch that nobody here accepts. */
  | { readonly scheme: 'apikey' }
  /** No credentials, or none that anybody here would understand. */
  | { readonly scheme: 'none' }

/**
 * Reads an `Authorization` header: a scheme in any letter case, one blank, a value. RFC 7617, RFC 6750.
 * @returns `none` also for a scheme that is none of these
 * @throws SecurityError `credentials_malformed`
 */
export function readCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return { scheme: 'none' }
  const blank = authorization.indexOf(' ')
  const scheme = authorization.slice(0, Math.max(blank, 0)).toLowerCase()
  const value = authorization.slice(blank + 1)
  if (scheme === 'basic') return readBasic(value)
  if (scheme === 'bearer' && value.trim() !== '') return { scheme, token: value }
  if (scheme === 'apikey' && value.trim() !== '') return { scheme }
  return { scheme: 'none' }
}

/** RFC 7617 §2: the name ends at the first colon. */
function readBasic(value: string): Credentials {
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(value)
  const text = isBase64 ? Buffer.from(value, 'base64').toString('utf8') : ''
  const colon = text.indexOf(':')
  if (colon < 0) throw new SecurityError('credentials_malformed', 'the Basic value is not base64 of name:password')
  return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/**
 * A caller inside this process, such as the portal. It is told from the network by a bearer secret that is made anew at
 * every start and never leaves the process: at least 32 random bytes, compared in constant time, are not guessed.
 */
export interface InternalCaller {
  readonly secret: string
  readonly authentication: Authentication
}

export interface Authenticator {
  /** The names of the realms that are asked, in their order. */
  readonly realmNames: readonly string[]
  /** Makes a realm forget what it remembers of these users, or of all. */
  clearCache(realm: string, usernames?: readonly string[]): void
  /**
   * @param refusedBy is told each realm that does not accept the name and password
   * @throws SecurityError `credentials_missing`, `token_unknown`, `token_expired`, `credentials_rejected`;
   *   `store_unavailable` and `record_damaged` when it cannot say
   */
  authenticate(credentials: Credentials, refusedBy?: (realm: RealmRef) => void): Promise<Authentication>
  /** Whether the bearer of a token is still who `authenticate` said. `false` also where that cannot be told at once. */
  holds(bearer: Authentication): boolean
  /**
   * Lets somebody who is authenticated act as another user; whether it may is the authorizer's to say, for each action.
   * @throws SecurityError `credentials_rejected` for an empty name or a disabled user, `argument_illegal` if a caller
   *   of this kind cannot act as another
   */
  runAs(caller: Authentication, username: string): Promise<Authentication>
}

/** What the realms said to a name and password. */
interface Verdict {
  /** In the order in which they were asked. */
  readonly refusedBy: readonly RealmRef[]
  /** Absent: nobody accepts them. */
  readonly accepted?: Authentication
}

/** Programs that send their password with every call. */
const MOST_KNOWN = 1024

/** @param realms in the order in which they are asked */
export function createAuthenticator({
  realms,
  tokens,
  store: { documents },
  internal,
  anonymous,
}: {
  realms: readonly PasswordRealm[]
  tokens: TokenService
  store: { readonly documents: Pick<Store['documents'], 'readMark'> }
  internal?: InternalCaller
  /** Absent: nobody is let in without credentials. */
  anonymous?: Anonymous | undefined
}): Authenticator {
  const internalSecret = Buffer.from(internal?.secret ?? '')
  const key = randomText(32)
  // What a directory says of somebody may change without a trace in our store: that is asked each time.
  const known = createMarkedMemory<Verdict>({
    most: MOST_KNOWN,
    readMark: () => documents.readMark(),
    keep: ({ accepted, refusedBy }) =>
      accepted !== undefined &&
      [...refusedBy, accepted.authenticationRealm].every(keepsPasswords) &&
      keepJson(accepted),
  })

  return {
    realmNames: realms.map(({ ref }) => ref.name),
    clearCache(name, usernames) {
      realms.find((realm) => realm.ref.name === name)?.clearCache?.(usernames)
    },
    runAs,
    holds: (bearer) => tokens.holds(bearer),
    async authenticate(credentials, refusedBy) {
      if (credentials.scheme === 'basic') return authenticatePassword(credentials, refusedBy)
      if (credentials.scheme === 'apikey') throw new SecurityError('credentials_rejected', 'API keys are not served')
      if (credentials.scheme === 'none') return authenticateNobody()
      const { token } = credentials
      if (internal?.secret.length === token.length && equalSecrets(Buffer.from(token), internalSecret)) {
        return internal.authentication
      }
      return tokens.authenticate(token)
    },
  }

  function authenticateNobody(): Authentication {
    if (anonymous !== undefined) return anonymous.authentication
    throw new SecurityError('credentials_missing', 'no Authorization header of a known scheme')
  }

  async function runAs(caller: Authentication, username: string): Promise<Authentication> {
    if (caller.type === 'internal' || caller.type === 'anonymous' || caller.runBy !== undefined) {
      throw new SecurityError('argument_illegal', `[${caller.user.username}] cannot act as another user`)
    }
    if (username === '') throw new SecurityError('credentials_rejected', 'no user is named to act as')
    for (const realm of realms) {
      const user = await realm.lookup(username)
      if (user === undefined) continue
      if (!user.enabled) throw new SecurityError('credentials_rejected', 'the user to act as is disabled')
      return { ...caller, user, runBy: { user: caller.user, knowsTarget: true }, lookupRealm: realm.ref }
    }
    // Told apart from a user that may not be acted as only in the log: names cannot be guessed this way.
    const nobody = { username, roles: [], fullName: null, email: null, metadata: {}, enabled: true }
    return { ...caller, user: nobody, runBy: { user: caller.user, knowsTarget: false } }
  }

  async function authenticatePassword(
    { username, password }: { username: string; password: string },
    tellRefusal?: (realm: RealmRef) => void,
  ) {
    // By a keyed digest, as the password may be one that can be guessed: memory holds nothing to try guesses on.
    const digest = hash('sha256', `${key}${username.length}:${username}${password}`, 'binary')
    let isKnown = true
    const verdict = await known.find(digest, () => {
      isKnown = false
      return askRealms(username, password, tellRefusal)
    })
    if (isKnown && tellRefusal !== undefined) verdict?.refusedBy.forEach(tellRefusal)
    if (verdict?.accepted !== undefined) return verdict.accepted
    throw new SecurityError('credentials_rejected', 'no realm accepts this name and password')
  }

  async function askRealms(
    username: string,
    password: string,
    tellRefusal?: (realm: RealmRef) => void,
  ): Promise<Verdict> {
    const refusedBy: RealmRef[] = []
    for (const realm of realms) {
      const { ref } = realm
      const user = await realm.authenticate(username, password)
      if (user !== undefined) {
        return { refusedBy, accepted: { user, authenticationRealm: ref, lookupRealm: ref, type: 'realm' } }
      }
      refusedBy.push(ref)
      tellRefusal?.(ref)
      if (realm.owns?.(username) === true) break
    }
    return { refusedBy }
  }
}
