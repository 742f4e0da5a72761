import { errors } from 'oidc-provider'

/** Seconds that an assertion may live from now: until it has expired, the store must know that it was used. */
const LONGEST_LIFE = 3600
/** Seconds that the clock of a client may be ahead. */
const SKEW = 60

/**
 * What the library leaves open of the times of a client's assertion: an end within the hour, an issue that is not to come, and
 * nothing infinite. The library has checked by then that they are numbers, and that the assertion has not expired.
 * RFC 7523 §3.
 * @throws InvalidClientAuth
 */
export function checkAssertionTimes({ exp, iat, nbf }: Readonly<Record<string, unknown>>): void {
  // By the clock that the library goes by.
  const now = Date.now() / 1000
  const isPlausible = (time: unknown, latest: number) => Number.isFinite(time) && Number(time) <= now + latest
  if (!isPlausible(exp, LONGEST_LIFE + SKEW))
    throw new errors.InvalidClientAuth(`it lives for more than ${LONGEST_LIFE} seconds`)
  if (!isPlausible(iat ?? now, SKEW)) throw new errors.InvalidClientAuth('it was issued in the future')
  if (!Number.isFinite(nbf ?? now)) throw new errors.InvalidClientAuth('its beginning is no time')
}
