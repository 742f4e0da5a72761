import { createHash, randomBytes } from 'node:crypto'
import type { Artefact, NewTokenPair, PortalSession, UsedResponse } from '../../src/store/store.ts'

/** The moment at which all tests of the store begin. */
export const START = 1_800_000_000
/** Fails a write in its middle, in every driver. */
export const NO_TIME = 'no time' as unknown as number

let pairs = 0n

/** A login's pair, created at START; ids grow. */
export function newPair(changes: Partial<NewTokenPair> = {}): NewTokenPair {
  pairs += 1n
  return {
    id: (BigInt(START) << 31n) + pairs,
    createdAt: START,
    removeAt: START + 86_400,
    accessHash: new Uint8Array(randomBytes(32)),
    accessExpiresAt: START + 1200,
    refreshHash: new Uint8Array(randomBytes(32)),
    username: 'alice',
    realm: 'oidc1',
    client: { username: 'facilitator', realm: 'native' },
    authentication: { username: 'alice', roles: ['finance_data'], metadata: { 'oidc(sub)': 'ä€😀' } },
    ...changes,
  }
}

export function newResponse(changes: Partial<UsedResponse> = {}): UsedResponse {
  return { key: new Uint8Array(randomBytes(32)), keepUntil: START + 3600, ...changes }
}

export function newSession(changes: Partial<PortalSession> = {}): PortalSession {
  return {
    id: randomBytes(32).toString('base64url'),
    createdAt: START,
    lastActivityAt: START,
    provider: { type: 'oidc', name: 'oidc1' },
    usernameHash: createHash('sha256').update('alice').digest('base64url'),
    accessAgreementAcknowledged: false,
    content: new Uint8Array(randomBytes(64)),
    removeAt: START + 86_400,
    ...changes,
  }
}

export function newArtefact(changes: Partial<Artefact> = {}): Artefact {
  return {
    model: 'AuthorizationCode',
    key: new Uint8Array(randomBytes(32)),
    payload: new Uint8Array(randomBytes(64)),
    removeAt: START + 60,
    ...changes,
  }
}
