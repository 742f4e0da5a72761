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

/** So many requests are made once and kept: to make one takes a quarter of all that the generator does for it. */
const READY_AT_MOST = 10_000
/** By the time of their seed. */
const ready = new Map<number, Buffer[]>()

export function createBearerClient({ seed, username }: BearerScenario): Client {
  let index = 0
  return {
    next() {
      index = randomInt(seed.pairs)
      return seed.pairs > READY_AT_MOST ? build(seed, index) : takeReady(seed, index)
    },
    check: (answer) => checkAnswer(answer, `"username":"${username ?? usernameOf(index)}"`),
  }
}

function takeReady(seed: Seed, index: number): Buffer {
  let requests = ready.get(seed.madeAt)
  if (requests === undefined) ready.set(seed.madeAt, (requests = []))
  return (requests[index] ??= build(seed, index))
}

function build(seed: Seed, index: number): Buffer {
  return buildRequest('GET', '/_security/_authenticate', {
    authorization: `Bearer ${tokenOf(seed, 'access', index)}`,
  })
}
