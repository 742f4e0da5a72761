/**
 * The browser's session at the provider, for our own routes: the library's model and cookie, without its middleware.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import type { Clock } from '../kernel/clock.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Artefacts } from '../store/store.ts'
import { COOKIE_OPTIONS } from './cookies.ts'
import { openPayload } from './artefact-row.ts'
import type { SessionFacts } from './end-session-decision.ts'
import type { ReadJwtAccessToken } from './jwt-access-tokens.ts'

export type LibrarySession = InstanceType<Provider['Session']>
export type SignedInSession = LibrarySession & { readonly accountId: string }

export interface BrowserSessions {
  /** `undefined` if nobody is signed in. Reading leaves no row behind. */
  find(request: IncomingMessage, response: ServerResponse): Promise<SignedInSession | undefined>
  /** The session that a living access token came from. */
  findByAccessToken(token: string): Promise<SignedInSession | undefined>
  /** Makes the browser forget its session: the cookie and the cookie of its signature. */
  clearCookie(request: IncomingMessage, response: ServerResponse): void
  /** Tells the browser the session's new id. */
  setCookie(request: IncomingMessage, response: ServerResponse, session: LibrarySession): void
}

export function createBrowserSessions(parts: {
  library: () => Provider
  readJwtAccessToken: ReadJwtAccessToken
  artefacts: Artefacts
  sealer: Sealer
  clock: Clock
}): BrowserSessions {
  const { library, artefacts, sealer } = parts
  const name = library().cookieName('session')

  /** A JWT tells the account, the client and what that client calls the session. */
  async function findByJwt(token: string): Promise<SignedInSession | undefined> {
    const { clientId, accountId, sid, expiresAt } = (await parts.readJwtAccessToken(token)) ?? {}
    if (clientId === undefined || accountId === undefined || sid === undefined) return undefined
    if (!(Number(expiresAt) > parts.clock())) return undefined
    for (const row of await artefacts.list(['Session'], 'accountId', accountId)) {
      const { uid, authorizations = {} } = openPayload(sealer, row.key, row.payload) as Partial<LibrarySession>
      if (uid === undefined || authorizations[clientId]?.sid !== sid) continue
      const session = await library().Session.findByUid(uid)
      return session !== undefined && isSignedIn(session) ? session : undefined
    }
    return undefined
  }

  return {
    async find(request, response) {
      const session = await library().Session.get(library().createContext(request, response))
      return isSignedIn(session) ? session : undefined
    },
    async findByAccessToken(value) {
      if (value.includes('.')) return findByJwt(value)
      const token = await library().AccessToken.find(value)
      if (token?.isExpired !== false || token.sessionUid === undefined) return undefined
      const session = await library().Session.findByUid(token.sessionUid)
      return session !== undefined && isSignedIn(session) && session.accountId === token.accountId ? session : undefined
    },
    clearCookie(request, response) {
      library().createContext(request, response).cookies.set(name, null, COOKIE_OPTIONS)
    },
    setCookie(request, response, session) {
      const expires = session.transient === true ? {} : { expires: new Date(session.exp * 1000) }
      library()
        .createContext(request, response)
        .cookies.set(name, session.jti, { ...COOKIE_OPTIONS, ...expires })
    },
  }
}

function isSignedIn(session: LibrarySession): session is SignedInSession {
  return session.accountId !== undefined
}

export function describeSession(session: SignedInSession): SessionFacts {
  const sids: Record<string, string> = {}
  for (const [clientId, { sid }] of Object.entries(session.authorizations ?? {})) {
    if (sid !== undefined) sids[clientId] = sid
  }
  return { uid: session.uid, accountId: session.accountId, sids }
}
