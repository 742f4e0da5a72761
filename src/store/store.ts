/**
 * The store: durable state and what is promised about it.
 *
 * - **Durable.** When a write's promise resolves, the write survives `kill -9` and power loss.
 * - **Atomic.** One call is one write: all of it is there, or nothing.
 * - **One winner.** A conditional write succeeds for exactly one of any number of concurrent callers, on any number of
 *   workers and nodes; the others learn what the winner wrote.
 * - **Seen at once.** Every read that begins after a write's promise resolved sees that write.
 * - **Expiry.** An expired record is never returned, whether or not it was removed yet.
 * - **Away is said.** While the engine cannot be reached or written, calls reject with `SecurityError`
 *   `store_unavailable` within the time-out; service resumes by itself.
 *
 * The store refuses to know what a token, a role or a session means, and never sees a secret in clear: callers hand in
 * hashes and sealed bytes. Times are whole seconds since the epoch.
 */
import type { JsonObject } from '../kernel/json.ts'

export interface Store {
  readonly documents: Documents
  readonly tokens: TokenPairs
  readonly sessions: Sessions
  readonly artefacts: Artefacts
  /** Resolves if a read works at this moment. */
  check(): Promise<void>
  /** Ends background work, lets writes in flight finish, and closes the engine. */
  close(): Promise<void>
}

// ---- users, roles, role mappings, privileges, signing keys ------------------------------------------------------

export type DocumentKind = 'user' | 'role' | 'role_mapping' | 'privilege' | 'provider_key' | 'node'

export interface StoredDocument {
  readonly name: string
  readonly body: JsonObject
  /** Rises with every write of this name; 1 at creation. */
  readonly version: number
}

export interface Documents {
  get(kind: DocumentKind, name: string): Promise<StoredDocument | undefined>
  /** In the order of names (by code point), those after `after` only, at most `limit` (1000 if not given). */
  list(kind: DocumentKind, page?: { after?: string; limit?: number }): Promise<StoredDocument[]>
  /** Writes whatever was there before. */
  put(kind: DocumentKind, name: string, body: JsonObject): Promise<{ created: boolean; version: number }>
  /** Writes only if nothing of that name is there. @returns the document that is there now, ours or the winner's */
  create(kind: DocumentKind, name: string, body: JsonObject): Promise<{ created: boolean; document: StoredDocument }>
  /**
   * Writes only over a document that is there as it was read; one that was deleted and made again is another, also in the
   * same version. @returns whether it did
   */
  replace(kind: DocumentKind, read: StoredDocument, body: JsonObject): Promise<boolean>
  delete(kind: DocumentKind, name: string): Promise<boolean>
  /** As that of the token pairs: another number after every write of a document. */
  readMark(): number | undefined
}

// ---- token pairs ------------------------------------------------------------------------------------------------

/** Who a login is about at its OpenID Provider: the index for back-channel logout. */
export interface LoginSubject {
  readonly issuer: string
  readonly subject: string
  readonly sessionId?: string
}

export interface NewTokenPair {
  /** 64 bits, growing with time: neighbours in time are neighbours on disk. */
  readonly id: bigint
  readonly createdAt: number
  /** When the record may be removed. Until then it is returned, however dead its tokens are. */
  readonly removeAt: number
  readonly accessHash: Uint8Array
  readonly accessExpiresAt: number
  /** Absent for the client credentials grant. */
  readonly refreshHash?: Uint8Array
  readonly username: string
  readonly realm: string
  /** Identity of the client that got the pair; only its equal may refresh. */
  readonly client: JsonObject
  /** The whole authentication of the login. */
  readonly authentication: JsonObject
  readonly subject?: LoginSubject
  /** The raw ID token, sealed. */
  readonly idToken?: Uint8Array
}

export interface TokenPair extends NewTokenPair {
  readonly accessInvalidated: boolean
  readonly refreshInvalidated: boolean
  readonly refreshedAt?: number
  /** The pair that superseded this one, sealed under the old refresh token's record. */
  readonly superseding?: Uint8Array
}

export type AccessSide = Pick<
  TokenPair,
  'removeAt' | 'accessHash' | 'accessExpiresAt' | 'accessInvalidated' | 'authentication'
>

/** What does not change of a login in its life, by which its sign-out knows its tokens and its provider. */
export type LoginSide = Pick<TokenPair, 'id' | 'accessHash' | 'refreshHash' | 'authentication' | 'idToken'>

/** A response of an OpenID Provider that was redeemed. `key`: 32 bytes made from realm and state, best growing with time. */
export interface UsedResponse {
  readonly key: Uint8Array
  readonly keepUntil: number
}

/** What an invalidation did to one side of a pair; `absent` if there is no such pair or side. */
export type Invalidation = 'invalidated' | 'previously' | 'absent'

export interface TokenPairs {
  /**
   * Creates a pair, and with it in one write marks `response` as redeemed.
   * @returns `response_replayed` (and writes nothing) if that response was redeemed before, `id_taken` if the id was
   */
  create(pair: NewTokenPair, response?: UsedResponse): Promise<'created' | 'response_replayed' | 'id_taken'>
  find(id: bigint): Promise<TokenPair | undefined>
  /** Only what a check of the access token needs. */
  findAccess(id: bigint): Promise<AccessSide | undefined>
  /** Only what a sign-out needs, however dead the pair is. */
  findLogin(id: bigint): Promise<LoginSide | undefined>
  /** The hash of one side's token, however dead that is; `undefined` if there is no such pair or side. */
  findHash(id: bigint, side: 'access' | 'refresh'): Promise<Uint8Array | undefined>
  /**
   * A number that is another one after every invalidation, in whichever process, before that one's promise resolves. What
   * a read told of access tokens still holds, but for the time, while the mark is the one that was read before it.
   * @returns `undefined` if nothing may be remembered now, or by this driver ever
   */
  readMark(): number | undefined
  /** Many pairs by their ids in one go, in no particular order; ids that are not there are left out. */
  findMany(ids: readonly bigint[]): Promise<TokenPair[]>
  /** Ends sides of any number of pairs in one write. @returns what it did, in the order asked */
  invalidate(sides: readonly { readonly id: bigint; readonly side: 'access' | 'refresh' }[]): Promise<Invalidation[]>
  /**
   * Supersedes a pair whose refresh token was not used yet and not invalidated, and creates its successor: one write.
   * @returns `won`; otherwise, also if the successor's id is taken, the pair as it is now (`undefined` if it is gone), and
   *   nothing was written
   */
  supersede(
    id: bigint,
    refreshedAt: number,
    superseding: Uint8Array,
    successor: NewTokenPair,
  ): Promise<{ won: true } | { won: false; pair: TokenPair | undefined }>
  /**
   * Pairs of a realm, a user, or a user in a realm, or a login at an OpenID Provider, of which a side is still alive
   * at `now` (a refresh token for as long as its record), in the order of their ids, those after `after` only, at most
   * `limit`. What is named must all agree; a login may be named by its subject, its session, or both.
   */
  findAlive(
    of: { realm?: string; username?: string; subject?: Pick<LoginSubject, 'issuer'> & Partial<LoginSubject> },
    now: number,
    page: { after?: bigint; limit: number },
  ): Promise<TokenPair[]>
  /** Whether a token was ever created in this store. */
  everCreated(): Promise<boolean>

  /** Whether a response was redeemed, or used up by a failed attempt. */
  responseUsed(key: Uint8Array): Promise<boolean>
  /** Uses a response up after a failed attempt. A success that is under way elsewhere may still win over it. */
  useUpResponse(response: UsedResponse): Promise<void>
}

// ---- portal sessions --------------------------------------------------------------------------------------------

export interface PortalSession {
  /** SHA-256 of the cookie's secret, base64url. */
  readonly id: string
  readonly createdAt: number
  readonly lastActivityAt: number
  /** Absent while there are only handshakes. */
  readonly provider?: { readonly type: string; readonly name: string }
  readonly usernameHash?: string
  readonly accessAgreementAcknowledged: boolean
  /** A tombstone's reason; its content is gone. */
  readonly ended?: string
  /** Sealed; empty in a tombstone. */
  readonly content: Uint8Array
  /** When the record may be removed. */
  readonly removeAt: number
}

export interface VersionedSession extends PortalSession {
  /** Rises by one with every write of this session; 1 at creation. */
  readonly version: number
}

/** How many sessions one user may have at one provider, and what becomes of those beyond it. */
export interface SessionLimit {
  /** 1 or more, the new one included. */
  readonly most: number
  /** The reason of their tombstones. */
  readonly ended: string
  /** When the tombstones may be removed. */
  readonly removeAt: number
}

export interface Sessions {
  find(id: string): Promise<VersionedSession | undefined>
  /** Whether `find`, which gave this session, would give it again. `false` also where that cannot be told at once. */
  holds(session: VersionedSession): boolean
  /**
   * Creates a session and, in the same write, replaces another at its version and makes tombstones of the oldest
   * sessions that the same user has at the same provider beyond `limit`.
   * @returns the ids of those; `undefined` if the other one had changed meanwhile or the id is taken: nothing was written
   */
  create(
    session: PortalSession,
    also?: { replaces?: { session: PortalSession; version: number }; limit?: SessionLimit },
  ): Promise<readonly string[] | undefined>
  /** Writes over this version only. @returns whether it did */
  update(session: PortalSession, version: number): Promise<boolean>
  /** @param version only at this one, if it is given. @returns whether it was there */
  delete(id: string, version?: number): Promise<boolean>
  /** By provider and/or user, tombstones left out, in the order of ids, those after `after` only. */
  list(
    of: { provider?: { type: string; name?: string }; usernameHash?: string },
    page: { after?: string; limit: number },
  ): Promise<VersionedSession[]>
  /** Those beyond the newest `most` of the same user at the same provider, at most `limit`, tombstones left out. */
  listSurplus(most: number, limit: number): Promise<VersionedSession[]>
  /** Removes the oldest sessions without a provider beyond `most`, at most `limit` of them. @returns how many */
  trimUnclaimed(most: number, limit: number): Promise<number>
}

// ---- provider artefacts -----------------------------------------------------------------------------------------

/** A model instance of the OpenID Provider: a code, a token, a grant, a browser session, an interaction, a mark. */
export interface Artefact {
  readonly model: string
  /** SHA-256 of model and id. */
  readonly key: Uint8Array
  readonly payload: Uint8Array
  readonly grantId?: string
  readonly uid?: string
  readonly userCode?: string
  readonly accountId?: string
  readonly consumedAt?: number
  /** Absent: until destroyed. */
  readonly removeAt?: number
}

export interface Artefacts {
  upsert(artefact: Artefact): Promise<void>
  /** Inserts only if nothing alive is there under this key. @returns whether it did */
  create(artefact: Artefact): Promise<boolean>
  /** Puts one, of whatever key, in the place of one that is there as it was read. @returns whether it did */
  replace(read: Pick<Artefact, 'key' | 'payload'>, artefact: Artefact): Promise<boolean>
  find(key: Uint8Array): Promise<Artefact | undefined>
  findBy(model: string, index: 'uid' | 'userCode', value: string): Promise<Artefact | undefined>
  /** All of an account or grant, of these models, at most 1000. */
  list(models: readonly string[], index: 'accountId' | 'grantId', value: string): Promise<Artefact[]>
  /** Marks as used, once. @returns whether this call was the one that did */
  consume(key: Uint8Array, at: number): Promise<boolean>
  /** @returns whether it was there */
  destroy(key: Uint8Array): Promise<boolean>
  /**
   * Removes those of a model that expire first while there are too many, or their payloads too long together; at most
   * `limit` of them. Those that never expire do not count. @returns how many
   */
  trim(model: string, most: { entries: number; bytes: number }, limit: number): Promise<number>
  /** Removes the artefacts of a grant that belong to these models. */
  revokeByGrantId(grantId: string, models: readonly string[]): Promise<void>
}
