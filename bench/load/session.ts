/** Who is signed in, asked with the cookies of seeded sessions, each as likely as the others. */
import { randomInt } from 'node:crypto'
import { usernameOf } from '../seed.ts'
import { sessionSecretOf } from '../seed-sessions.ts'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface SessionScenario {
  readonly name: 'session'
  readonly sessions: number
  readonly cookieName: string
  /** A bare server has one answer for all. */
  readonly username?: string
}

export const SESSION_CHECK = '/internal/security/me'

export function createSessionClient({ sessions, cookieName, username }: SessionScenario): Client {
  let index = 0
  return {
    next() {
      index = randomInt(sessions)
      const cookie = `${cookieName}=${sessionSecretOf(index)}`
      return buildRequest('GET', SESSION_CHECK, { cookie, accept: 'application/json' })
    },
    check: (answer) => checkAnswer(answer, 200, `"username":"${username ?? usernameOf(index)}"`),
  }
}
