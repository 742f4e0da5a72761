/** `GET /_security/_authenticate` with the tokens of a seed, each as likely as the others. */
import { randomInt } from 'node:crypto'
import { type Seed, tokenOf, usernameOf } from '../seed.ts'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface BearerScenario {
  readonly name: 'bearer'
  readonly seed: Seed
  /** A bare server has one answer for all. */
  readonly username?: string
}

export function createBearerClient({ seed, username }: BearerScenario): Client {
  let index = 0
  return {
    next() {
      index = randomInt(seed.pairs)
      const authorization = `Bearer ${tokenOf(seed, 'access', index)}`
      return buildRequest('GET', '/_security/_authenticate', { authorization })
    },
    check: (answer) => checkAnswer(answer, `"username":"${username ?? usernameOf(index)}"`),
  }
}
