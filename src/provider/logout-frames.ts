/**
 * The frames that tell relying parties of a logout through the browser: for those that registered only that. Pure.
 * OpenID Connect Front-Channel Logout 1.0 §2 and §3.
 */
export interface FrameClient {
  readonly clientId: string
  readonly uri: string
  /** Whether the client wants to know which session has ended. */
  readonly sessionRequired: boolean
}

/** The URLs to load. `iss` and `sid` come together or not at all; a query that was registered stays as it is. */
export function buildFrames(
  clients: readonly FrameClient[],
  issuer: string,
  logins: readonly { readonly clientId: string; readonly sid: string | undefined }[],
): string[] {
  return logins.flatMap(({ clientId, sid }) => {
    const client = clients.find((candidate) => candidate.clientId === clientId)
    if (client === undefined) return []
    if (!client.sessionRequired || sid === undefined) return [client.uri]
    const separator = client.uri.includes('?') ? '&' : '?'
    return [`${client.uri}${separator}iss=${encodeURIComponent(issuer)}&sid=${encodeURIComponent(sid)}`]
  })
}
