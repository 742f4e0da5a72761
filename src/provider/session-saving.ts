/**
 * How sessions are saved: those of nobody not at all, a new one as it is, and one that was read as follows. A browser has
 * several requests under way at once, on several nodes too: each is to put in what it changed, and nothing of what the
 * others did is to be lost. Above all, a session that ended meanwhile stays ended. The library by itself writes all of
 * what it read, over whatever is there.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AdapterPayload, Provider } from 'oidc-provider'
import { randomText } from '../kernel/random.ts'
import type { SessionAdapter } from './adapter.ts'

const READ = Symbol('the session as it was read')

/** Of the library's model, not in its types. */
interface SavedSession {
  [READ]?: AdapterPayload
  readonly adapter: SessionAdapter
  readonly uid: string
  readonly accountId?: string
  authorizations?: AdapterPayload['authorizations']
  exp: number
  touched: boolean
  getValueAndPayload(): Promise<{ payload: AdapterPayload }>
}

interface SessionModel {
  readonly prototype: { save: (this: SavedSession, ttl: number) => Promise<unknown> }
  instantiate(payload?: AdapterPayload): SavedSession
}

/** Makes the sessions of a library read and write so. */
export function keepConcurrentChanges(library: Provider): void {
  const model = library.Session as unknown as SessionModel
  const { save: saveNew } = model.prototype
  const instantiate = model.instantiate.bind(model)

  model.instantiate = (payload) => {
    const session = instantiate(payload)
    // Without a session to read, the library makes a new one of nothing.
    if (payload?.uid !== undefined) session[READ] = structuredClone(payload)
    return session
  }
  model.prototype.save = async function save(ttl) {
    const read = this[READ]
    // Of nobody: what replaces a cookie that leads to no session any more. Nothing refers to it, and whoever has such a
    // cookie could fill the store with them.
    if (this.accountId === undefined) {
      this.touched = false
      return undefined
    }
    if (read === undefined) return saveNew.call(this, ttl)
    this.exp = Math.floor(Date.now() / 1000) + ttl
    const { payload } = await this.getValueAndPayload()
    const kept = await this.adapter.change(this.uid, (stored) => mergeSession(read, payload, stored), ttl)
    this[READ] = structuredClone(kept ?? read)
    this.touched = false
    return undefined
  }
}

/**
 * Puts a client's grant into the stored session, unless another request has put one in since the session was read.
 * @returns the grant that is there now
 */
export async function settleGrant(librarySession: object, clientId: string, grantId: string): Promise<string> {
  const session = librarySession as SavedSession
  const read = session[READ]
  // A new one, which no other request knows.
  if (read === undefined) return grantId
  const known = read.authorizations?.[clientId]
  const ours = { ...known, sid: known?.sid ?? randomText(32), grantId }
  const kept = await session.adapter.change(
    session.uid,
    (stored) =>
      isDeepStrictEqual(stored.authorizations?.[clientId], known)
        ? { ...stored, authorizations: { ...stored.authorizations, [clientId]: ours } }
        : stored,
    Math.max(1, Number(read.exp) - Math.floor(Date.now() / 1000)),
  )
  const settled = kept?.authorizations?.[clientId]
  if (settled?.grantId === undefined) return grantId
  session.authorizations = { ...session.authorizations, [clientId]: settled }
  session[READ] = { ...read, authorizations: { ...read.authorizations, [clientId]: { ...settled } } }
  return settled.grantId
}

/** What was stored meanwhile, with what was changed since it was read. */
export function mergeSession(read: AdapterPayload, ours: AdapterPayload, stored: AdapterPayload): AdapterPayload {
  const authorizations = mergeFields(read.authorizations, ours.authorizations, stored.authorizations)
  return { ...mergeFields(read, ours, stored), authorizations } as AdapterPayload
}

type Fields = Readonly<Record<string, unknown>>

function mergeFields(read: Fields = {}, ours: Fields = {}, stored: Fields = {}): Fields {
  const isChanged = (name: string) => !isDeepStrictEqual(read[name], ours[name])
  const untouched = Object.entries(stored).filter(([name]) => !isChanged(name))
  const changed = Object.entries(ours).filter(([name]) => isChanged(name))
  return Object.fromEntries([...untouched, ...changed])
}
