/**
 * Sign-ins under way at an OpenID Provider: kept in the browser's session, keyed by `state`, so that several tabs do
 * not disturb each other. And the loop breaker, which counts them. Pure: each function takes a content and gives the
 * next one. Times in seconds.
 */
import type { Handshake, SessionContent } from './session-content.ts'

const MOST = 50
const VALID_FOR = 3600
/** How long a session of handshakes only is kept after the newest of them. */
export const KEPT_FOR = 7200
const MOST_ATTEMPTS = 5
const ATTEMPTS_COUNT_FOR = 60

/** Adds a handshake, and a mark for the loop breaker; the oldest ones make room. */
export function addHandshake(content: SessionContent, handshake: Handshake): SessionContent {
  const attempt = { target: handshake.target, at: handshake.startedAt }
  return {
    ...content,
    handshakes: [...content.handshakes, handshake].slice(-MOST),
    attempts: [...recentAttempts(content, handshake.startedAt), attempt].slice(-MOST),
  }
}

export function findHandshake(content: SessionContent, state: string): Handshake | undefined {
  return content.handshakes.find((handshake) => handshake.state === state)
}

export function isExpired(handshake: Handshake, now: number): boolean {
  return !(now < handshake.startedAt + VALID_FOR)
}

export function removeHandshake(content: SessionContent, state: string): SessionContent {
  return { ...content, handshakes: content.handshakes.filter((handshake) => handshake.state !== state) }
}

/** Puts back a handshake that was taken and could not be finished for no fault of its own. */
export function returnHandshake(content: SessionContent, handshake: Handshake): SessionContent {
  const others = removeHandshake(content, handshake.state).handshakes
  const handshakes = [...others, handshake].toSorted((a, b) => a.startedAt - b.startedAt).slice(-MOST)
  return { ...content, handshakes }
}

/** Remembers where a finished handshake led to. */
export function finishHandshake(content: SessionContent, { state, target }: Handshake): SessionContent {
  const rest = removeHandshake(content, state)
  return { ...rest, finished: [...rest.finished.filter((one) => one.state !== state), { state, target }].slice(-MOST) }
}

/** Whether this browser began so many sign-ins for one target in a minute, none of which came to use, that it loops. */
export function isLooping(content: SessionContent, target: string, now: number): boolean {
  return recentAttempts(content, now).filter((attempt) => attempt.target === target).length >= MOST_ATTEMPTS
}

export function recentAttempts(content: SessionContent, now: number): SessionContent['attempts'] {
  // Those of a time to come are from before the clock was set back.
  return content.attempts.filter(({ at }) => Math.abs(now - at) < ATTEMPTS_COUNT_FOR)
}
