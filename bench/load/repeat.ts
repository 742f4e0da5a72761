/** The same request again and again. */
import { buildRequest, checkAnswer, type Client } from './scenario.ts'

export interface RepeatScenario {
  readonly name: 'repeat'
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly expected: { readonly status: number; readonly text: string }
}

export function createRepeatClient({ method, path, headers, body, expected }: RepeatScenario): Client {
  const request = buildRequest(method, path, headers, body)
  return {
    next: () => request,
    check: (answer) => checkAnswer(answer, expected.status, expected.text),
  }
}
