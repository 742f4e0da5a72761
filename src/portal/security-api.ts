/** The security API as the portal sees it: documented HTTP calls, whoever answers them and over whatever way. */
import type { JsonObject } from '../kernel/json.ts'

export interface SecurityApi {
  /** @throws when the API cannot be reached; any answer of it, however bad, is returned */
  call(call: ApiCall): Promise<ApiAnswer>
  /**
   * Whether the API would say again what it said in this body to `GET /_security/_authenticate`. `false` also where that
   * cannot be told at once. Absent: it never can.
   */
  holds?(body: JsonObject): boolean
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** The portal itself, or a user. */
  readonly as: 'portal' | ApiUser
  readonly body?: JsonObject
  /** Sent as `X-Opaque-Id`, so that the logs of both sides can be joined. */
  readonly referenceId: string
}

export interface ApiUser {
  /** The `Authorization` header. */
  readonly authorization: string
  /** Further headers of the user's own request, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiAnswer {
  readonly status: number
  readonly body: JsonObject | undefined
  /** It says when to try again (`Retry-After`). */
  readonly passing?: true
}
