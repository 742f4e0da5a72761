/** Answers of a provider as vectors describe them. */
import type { ProviderAnswer } from '../../src/oidc/provider-answer.ts'

export interface AnswerChange {
  readonly status?: number
  readonly reasonPhrase?: string
  /** `null`: no such header. */
  readonly contentType?: string | null
  readonly wwwAuthenticate?: string
  readonly body?: string
}

/** A good JSON answer with one thing changed. */
export function buildProviderAnswer(change: AnswerChange, body: string): ProviderAnswer {
  const { contentType = 'application/json', ...others } = change
  const good = { status: 200, reasonPhrase: 'OK', wwwAuthenticate: undefined, body }
  return { ...good, ...others, contentType: contentType ?? undefined }
}
