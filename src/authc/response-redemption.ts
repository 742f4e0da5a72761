import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { responseKey } from '../oidc/state.ts'
import type { TokenPairs, UsedResponse } from '../store/store.ts'

/** Seconds for which this process remembers a response that it has seen: longer than any attempt takes. */
const REMEMBERED = 300
/** Seconds for which the store remembers one, at most. */
const LONGEST = 3600

/** Lets each response of a provider be redeemed once: by this process at a time, and by all nodes together. */
export interface ResponseRedemption {
  /**
   * Begins the one attempt that a response has. The caller writes the returned mark together with what the login
   * creates, or hands it to `useUp`.
   * @throws SecurityError `response_replayed`, `store_unavailable`
   */
  begin(state: string): Promise<UsedResponse>
  /** Ends a failed attempt: the response's code is spent, and it is not accepted again. */
  useUp(response: UsedResponse): Promise<void>
}

export function createResponseRedemption(parts: {
  readonly realm: string
  readonly tokens: Pick<TokenPairs, 'responseUsed' | 'useUpResponse'>
  readonly clock: Clock
}): ResponseRedemption {
  const { realm, tokens, clock } = parts
  /** In the order of their ends, since all are remembered for the same time. */
  const remembered = new Map<string, number>()

  const forgetOld = (now: number) => {
    for (const [id, until] of remembered) {
      // None is remembered for longer: such a one is of before the clock was set back.
      if (until > now && until <= now + REMEMBERED) return
      remembered.delete(id)
    }
  }
  return {
    async begin(state) {
      const key = responseKey(realm, state)
      const id = idOf(key)
      const now = clock()
      forgetOld(now)
      if (remembered.has(id)) throw replayed(realm)
      remembered.set(id, now + REMEMBERED)
      const used = await tokens.responseUsed(key).catch((error: unknown) => {
        remembered.delete(id)
        throw error
      })
      if (used) throw replayed(realm)
      return { key, keepUntil: Math.ceil(now) + LONGEST }
    },
    async useUp(response) {
      await tokens.useUpResponse(response)
      remembered.delete(idOf(response.key))
    },
  }
}

function idOf(key: Uint8Array): string {
  return Buffer.from(key).toString('base64url')
}

function replayed(realm: string): SecurityError {
  return new SecurityError('response_replayed', `The response was redeemed before at realm [${realm}]`)
}
