/**
 * The relying party's protocol: what is asked of an OpenID Provider and how its answers are judged. Everything here is
 * pure, data in and verdict out: no sockets, no store, no clock. It never talks to the provider and never decides what
 * a caller gets to see. Ruled by OpenID Connect Core 1.0, Discovery 1.0 and RP-Initiated Logout 1.0, RFC 6749, 6750,
 * 7515 to 7519, 7636, 9207, and by the way in which Elasticsearch's realm reads them.
 */

/** An HTTP answer of the provider, as far as its meaning needs it. */
export interface ProviderAnswer {
  readonly status: number
  readonly reasonPhrase: string
  /** The raw header. */
  readonly contentType: string | undefined
  /** The raw header. */
  readonly wwwAuthenticate: string | undefined
  /** Decoded with the charset of the content type. */
  readonly body: string
}

/** The MIME part of a content type, without parameters. */
export function mediaType(contentType: string | undefined): string | null {
  return contentType?.split(';', 1)[0]?.trim() ?? null
}

/** A text of an answer, or `null` if it is missing or no text: so that a log line says `null` and not `undefined`. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
