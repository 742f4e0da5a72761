/** Responses of OpenID Providers, each of which is good for one pair. */
import type { Engine, Steps } from './engine.ts'

const RESPONSE_USED = 'select 1 as used from used_response where key = ?1 and keep_until > ?2'
const REDEEM = `
  insert into used_response (key, keep_until, redeemed) values (?1, ?2, 1)
  on conflict (key) do update set keep_until = excluded.keep_until, redeemed = 1
  where used_response.redeemed = 0 or used_response.keep_until <= ?3
  returning 1 as done`
const USE_UP = `
  insert into used_response (key, keep_until, redeemed) values (?1, ?2, 0)
  on conflict (key) do update set keep_until = excluded.keep_until, redeemed = 0
  where used_response.keep_until <= ?3`

export async function isResponseUsed(engine: Engine, key: Uint8Array, now: number): Promise<boolean> {
  return (await engine.read(RESPONSE_USED, key, now)).length > 0
}

/** @returns whether nobody had redeemed it before */
export function* redeemResponse(key: Uint8Array, keepUntil: number, now: number): Steps<boolean> {
  return (yield [REDEEM, key, keepUntil, now]).length > 0
}

export function* useUpResponse(key: Uint8Array, keepUntil: number, now: number): Steps<void> {
  yield [USE_UP, key, keepUntil, now]
}
