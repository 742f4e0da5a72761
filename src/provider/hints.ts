/**
 * Reads the hints of an end-session request: tokens that say who asks, and grant nothing but the question. A hint must
 * be ours and of the right kind; its age does not matter. OpenID Connect RP-Initiated Logout 1.0 §2 and §4.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Provider } from 'oidc-provider'
import { decodeBase64url } from '../kernel/base64url.ts'
import { type Client, findClient } from './clients.ts'
import type { Hint, HintClient, HintVerdict } from './end-session-decision.ts'
import type { ReadJwtAccessToken } from './jwt-access-tokens.ts'

const MAX_LENGTH = 16 * 1024

/** An expired token of a session that is gone still tells who asks. The second option is not in the library's types. */
const WHATEVER_ITS_STATE: { ignoreExpiration: true } & Record<string, true> = {
  ignoreExpiration: true,
  ignoreSessionBinding: true,
}

export interface HintReader {
  readIdToken(token: string | undefined): Promise<HintVerdict>
  readAccessToken(token: string | undefined): Promise<HintVerdict>
}

/** @param parts.mayRedirect whether this client's access token alone may lead back to it */
export function createHintReader(parts: {
  library: () => Provider
  readJwtAccessToken: ReadJwtAccessToken
  mayRedirect: (clientId: string) => boolean
}): HintReader {
  async function readIdToken(token: string): Promise<Hint | undefined> {
    const clientId = readAudience(token)
    const client = clientId === undefined ? undefined : await findClient(parts.library(), clientId)
    if (client === undefined) return undefined
    const payload = await verifyIdToken(parts.library(), token, client)
    if (typeof payload?.['sub'] !== 'string') return undefined
    const { sub, sid } = payload
    return { client: describe(client), accountId: sub, ...(typeof sid === 'string' && { sid }) }
  }

  async function readAccessToken(token: string): Promise<Hint | undefined> {
    const found = isSignedToken(token) ? await parts.readJwtAccessToken(token) : await findOpaque(token)
    if (found?.clientId === undefined || found.accountId === undefined) return undefined
    const client = await findClient(parts.library(), found.clientId)
    if (client === undefined) return undefined
    const { accountId } = found
    const { sessionUid, sid } = found as { readonly sessionUid?: string; readonly sid?: string | undefined }
    if (sessionUid !== undefined) return { client: describe(client), accountId, sessionUid }
    return { client: describe(client), accountId, ...(sid !== undefined && { sid }) }
  }

  function findOpaque(token: string) {
    return parts.library().AccessToken.find(token, WHATEVER_ITS_STATE)
  }

  function describe(client: Client): HintClient {
    return {
      id: client.clientId,
      name: client.clientName ?? client.clientId,
      postLogoutRedirectUris: client.postLogoutRedirectUris ?? [],
      accessTokenHintMayRedirect: parts.mayRedirect(client.clientId),
    }
  }

  const verdict = async (token: string | undefined, read: (token: string) => Promise<Hint | undefined>) => {
    if (token === undefined) return undefined
    return token.length > MAX_LENGTH ? 'unusable' : ((await read(token)) ?? 'unusable')
  }

  return {
    readIdToken: (token) => verdict(token, readIdToken),
    readAccessToken: (token) => verdict(token, readAccessToken),
  }
}

/**
 * Three parts: a signed token, not an encrypted one. Each as we would write it: whoever verifies a signature may read other
 * spellings of it too, and what was not issued as it is must not be used.
 */
function isSignedToken(token: string): boolean {
  const parts = token.split('.')
  return parts.length === 3 && parts.every((part) => decodeBase64url(part) !== undefined)
}

/** The one client that an ID token says it is for. Nothing is believed yet. */
function readAudience(token: string): string | undefined {
  if (!isSignedToken(token)) return undefined
  try {
    const { typ } = decodeProtectedHeader(token)
    // Logout tokens and access tokens name their kind; ID tokens have none, or the plain one (RFC 8725 §3.11).
    if (typ !== undefined && typ !== 'JWT') return undefined
    const { aud } = decodeJwt(token)
    const audiences = Array.isArray(aud) ? aud : [aud]
    return audiences.length === 1 && typeof audiences[0] === 'string' ? audiences[0] : undefined
  } catch {
    return undefined
  }
}

/** Signature with the algorithm agreed with the client, `iss`, `aud` and `sub`; not `exp`. */
async function verifyIdToken(library: Provider, token: string, client: Client) {
  try {
    const { payload } = await library.IdToken.validate(token, client)
    return payload
  } catch {
    return undefined
  }
}
