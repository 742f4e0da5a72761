/** `POST /_security/oidc/logout`, each time for another login of a seed. */
import { FACILITATOR } from '../../test/support/api-call.ts'
import { type Seed, tokenOf } from '../seed.ts'
import { takeNumber } from './numbers.ts'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface LogoutScenario {
  readonly name: 'logout'
  readonly seed: Seed
  /** The pairs that may be used up. */
  readonly of: { readonly first: number; readonly count: number }
}

export function createLogoutClient({ seed, of }: LogoutScenario): Client {
  return {
    next() {
      const index = takeNumber('logout', of)
      if (index === undefined) return undefined
      const token = tokenOf(seed, 'access', index)
      const body = JSON.stringify({ token, refresh_token: tokenOf(seed, 'refresh', index) })
      const headers = { authorization: FACILITATOR, 'content-type': 'application/json' }
      return buildRequest('POST', '/_security/oidc/logout', headers, body)
    },
    check: (answer) => checkAnswer(answer, '"redirect":"http'),
  }
}
