/** `POST /_security/oidc/authenticate`: responses of the instant provider, each with a state of its own. */
import { randomBytes } from 'node:crypto'
import { FACILITATOR } from '../../test/support/api-call.ts'
import { codeFor } from '../servers/provider-code.ts'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface AuthenticateScenario {
  readonly name: 'authenticate'
  readonly realm: string
  readonly redirectUri: string
  /** The same for all, so that the instant provider signs once: its work is not what is measured. */
  readonly nonce: string
}

export function createAuthenticateClient({ realm, redirectUri, nonce }: AuthenticateScenario): Client {
  return {
    next() {
      const state = randomBytes(16).toString('base64url')
      const redirect_uri = `${redirectUri}?code=${codeFor(nonce)}&state=${state}`
      const body = JSON.stringify({ redirect_uri, state, nonce, realm })
      const headers = { authorization: FACILITATOR, 'content-type': 'application/json' }
      return buildRequest('POST', '/_security/oidc/authenticate', headers, body)
    },
    check: (answer) => checkAnswer(answer, '"access_token":"', '"refresh_token":"'),
  }
}
