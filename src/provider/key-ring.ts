/**
 * The life of keys, pure: *next* is published and does not sign yet, *current* signs, *retired* still verifies. So a
 * relying party knows a key before it meets its first signature, and a hint signed by a former key stays usable.
 * OpenID Connect Core 1.0 §10.1.1. Times in seconds.
 */
import type { JWK } from 'jose'

export interface RingKey {
  readonly jwk: JWK
  readonly state: 'next' | 'current' | 'retired'
  /** When it came into its state. */
  readonly since: number
}

export interface KeyRing {
  readonly signing: readonly RingKey[]
  /** Newest first: the first signs cookies, all verify. */
  readonly cookies: readonly { readonly secret: string; readonly since: number }[]
}

export interface KeyPolicy {
  /** How long a key signs; 0: until somebody says so. */
  readonly rotateEvery: number
  /** How long a key is published before it signs. */
  readonly announce: number
  /** How long a key verifies after it signed. */
  readonly retain: number
}

/** Whether new keys are to be announced: time is up, and none are announced yet. */
export function isRotationDue({ signing }: KeyRing, { rotateEvery }: KeyPolicy, now: number): boolean {
  if (rotateEvery === 0 || signing.some(({ state }) => state === 'next')) return false
  return signing.some(({ state, since }) => state === 'current' && since + rotateEvery <= now)
}

/** Puts new keys in as the next ones. While some are announced already, they stay the next ones. */
export function announceKeys(ring: KeyRing, jwks: readonly JWK[], now: number): KeyRing {
  if (ring.signing.some(({ state }) => state === 'next')) return ring
  return { ...ring, signing: [...ring.signing, ...jwks.map((jwk) => ({ jwk, state: 'next', since: now }) as const)] }
}

/** Moves on what has come to its time. @returns the same ring if nothing has */
export function advanceKeys(ring: KeyRing, policy: KeyPolicy, now: number, makeSecret: () => string): KeyRing {
  const promoted = ring.signing.some(({ state, since }) => state === 'next' && since + policy.announce <= now)
  const moved: KeyRing = promoted
    ? {
        signing: ring.signing.map((key) =>
          key.state === 'retired' ? key : { ...key, state: successor(key), since: now },
        ),
        cookies: [{ secret: makeSecret(), since: now }, ...ring.cookies],
      }
    : ring
  const signing = moved.signing.filter(({ state, since }) => state !== 'retired' || since + policy.retain > now)
  // A cookie secret is of use until its successor is as old as anything it signed can be.
  const cookies = moved.cookies.filter((_, place) => {
    const newer = moved.cookies[place - 1]
    return newer === undefined || newer.since + policy.retain > now
  })
  const isSame = !promoted && signing.length === ring.signing.length && cookies.length === ring.cookies.length
  return isSame ? ring : { signing, cookies }
}

/** Of the keys that fit an algorithm the first signs. */
export function orderKeys({ signing }: KeyRing): JWK[] {
  const states = ['current', 'next', 'retired'] as const
  return states.flatMap((wanted) => signing.filter(({ state }) => state === wanted).map(({ jwk }) => jwk))
}

function successor({ state }: RingKey): RingKey['state'] {
  return state === 'next' ? 'current' : 'retired'
}
