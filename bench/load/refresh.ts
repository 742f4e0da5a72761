/** `POST /_security/oauth2/token`: each client refreshes what its last refresh gave it. */
import { FACILITATOR } from '../../test/support/api-call.ts'
import { type Seed, tokenOf } from '../seed.ts'
import { takeNumber } from './numbers.ts'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface RefreshScenario {
  readonly name: 'refresh'
  readonly seed: Seed
  /** The pairs that may be used up: one for each connection. */
  readonly of: { readonly first: number; readonly count: number }
}

export function createRefreshClient({ seed, of }: RefreshScenario): Client {
  const index = takeNumber('refresh', of)
  let refreshToken = index === undefined ? undefined : tokenOf(seed, 'refresh', index)
  return {
    next() {
      if (refreshToken === undefined) return undefined
      const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: refreshToken })
      const headers = { authorization: FACILITATOR, 'content-type': 'application/json' }
      return buildRequest('POST', '/_security/oauth2/token', headers, body)
    },
    check(answer) {
      checkAnswer(answer, '"access_token":"')
      const next = /"refresh_token":"([^"]+)"/.exec(answer.body.toString())?.[1]
      if (next === undefined || next === refreshToken) throw new Error('a refresh gave no new refresh token')
      refreshToken = next
    },
  }
}
