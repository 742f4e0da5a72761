/** Some requests, each as likely as the others: of one or of a thousand visitors, say. */
import { randomInt } from 'node:crypto'
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface ChoiceScenario {
  readonly name: 'choice'
  readonly choices: readonly Ask[]
}

export interface Ask {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** What the answer, a 200, must have in its body. */
  readonly expected: string
}

const built = new WeakMap<ChoiceScenario, { request: Buffer; expected: string }[]>()

export function createChoiceClient(scenario: ChoiceScenario): Client {
  const choices = built.get(scenario) ?? scenario.choices.map(buildChoice)
  built.set(scenario, choices)
  let expected = ''
  return {
    next() {
      const choice = choices[randomInt(choices.length)]
      expected = choice?.expected ?? ''
      return choice?.request
    },
    check: (answer) => checkAnswer(answer, expected),
  }
}

function buildChoice({ method, path, headers, body, expected }: Ask): { request: Buffer; expected: string } {
  return { request: buildRequest(method, path, headers, body), expected }
}
