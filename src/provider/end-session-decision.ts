/**
 * The decision of the end-session endpoint: pure, data in, verdict out. Three things are kept apart, and none of them
 * influences another:
 *
 * - a hint says who asks, and what may be asked;
 * - the redirect URI says where to go afterwards;
 * - the person's answer says whether the session ends.
 *
 * So a bad URI never keeps anybody from signing out, and a hint, however good, signs nobody out.
 * OpenID Connect RP-Initiated Logout 1.0 §2 and §3.
 */
import type { LogoutTarget } from './logout-target.ts'

/** The client that a hint proves. */
export interface HintClient {
  readonly id: string
  readonly name: string
  readonly postLogoutRedirectUris: readonly string[]
  /** Whether an access token alone, without an ID token, may lead back to the client. */
  readonly accessTokenHintMayRedirect: boolean
}

/** What a usable hint tells. An expired one tells the same as a fresh one. */
export interface Hint {
  readonly client: HintClient
  readonly accountId: string
  /** Of a JWT: the client's session id. */
  readonly sid?: string
  /** Of an opaque access token: the browser session that it came from. */
  readonly sessionUid?: string
}

/** `undefined`: no hint was sent. */
export type HintVerdict = Hint | 'unusable' | undefined

export interface EndSessionRequest {
  readonly idTokenHint: HintVerdict
  readonly accessTokenHint: HintVerdict
  readonly clientId?: string | undefined
  readonly redirectUri?: string | undefined
  readonly state?: string | undefined
}

/** The browser's living session, if it has one. */
export interface SessionFacts {
  readonly uid: string
  readonly accountId: string
  /** The session id that each client knows, by client id. */
  readonly sids: Readonly<Record<string, string>>
}

export type Notice =
  | 'id_token_hint_unusable'
  | 'access_token_hint_unusable'
  | 'hints_disagree'
  | 'client_id_mismatch'
  | 'redirect_ignored'
  | 'other_user'
  | 'other_session'

export interface EndSessionDecision {
  readonly page: 'confirm' | 'continue' | 'signed_out'
  readonly client?: HintClient
  readonly target?: LogoutTarget
  readonly notices: readonly Notice[]
  /** The hint is of this very user and session: the answer *no* ends the client's own login in it. */
  readonly noEndsClientLogin: boolean
}

/** What to show. Nothing has ended yet, whatever the request says. */
export function decideEndSession(request: EndSessionRequest, session: SessionFacts | undefined): EndSessionDecision {
  const { hints, notices } = weighHints(request)
  const client = hints[0]?.client
  const target = findTarget(request, hints)
  const otherUser = session !== undefined && hints.some((hint) => hint.accountId !== session.accountId)
  const otherSession = session !== undefined && !otherUser && hints.some((hint) => isOfOtherSession(hint, session))

  return {
    page: session === undefined ? (target === undefined ? 'signed_out' : 'continue') : 'confirm',
    ...(client && { client }),
    ...(target && { target }),
    notices: [
      ...notices,
      ...(request.redirectUri !== undefined && target === undefined ? (['redirect_ignored'] as const) : []),
      ...(otherUser ? (['other_user'] as const) : []),
      ...(otherSession ? (['other_session'] as const) : []),
    ],
    noEndsClientLogin: hints.length > 0 && !otherUser && !otherSession,
  }
}

/** The hints that count, the ID token first, and what is said about those that do not. */
function weighHints(request: EndSessionRequest): { hints: readonly Hint[]; notices: readonly Notice[] } {
  const { idTokenHint, accessTokenHint } = request
  const notices: Notice[] = []
  if (idTokenHint === 'unusable') notices.push('id_token_hint_unusable')
  if (accessTokenHint === 'unusable') notices.push('access_token_hint_unusable')

  // An error is not repaired: beside a bad ID token not even a good access token counts.
  if (idTokenHint === 'unusable') return { hints: [], notices }

  const hints = [idTokenHint, accessTokenHint].filter((hint) => hint !== undefined && hint !== 'unusable')
  const [first, second] = hints
  if (first === undefined) return { hints: [], notices }
  if (second !== undefined && (first.client.id !== second.client.id || first.accountId !== second.accountId)) {
    return { hints: [], notices: [...notices, 'hints_disagree'] }
  }
  // §2: "the OP MUST verify that the Client Identifier matches the one used when issuing the ID Token".
  if (request.clientId !== undefined && request.clientId !== first.client.id) {
    return { hints: [], notices: [...notices, 'client_id_mismatch'] }
  }
  return { hints, notices }
}

// §3: only a value that was registered before, compared as a whole string, and only for the client that the hint proves.
function findTarget(request: EndSessionRequest, hints: readonly Hint[]): LogoutTarget | undefined {
  const { redirectUri, state, idTokenHint } = request
  const client = hints[0]?.client
  if (client === undefined || redirectUri === undefined) return undefined
  const provedByIdToken = hints.some((hint) => hint === idTokenHint)
  if (!provedByIdToken && !client.accessTokenHintMayRedirect) return undefined
  if (!client.postLogoutRedirectUris.includes(redirectUri)) return undefined
  return state === undefined ? { uri: redirectUri } : { uri: redirectUri, state }
}

/** Only what can be compared tells: a hint without session id may be of this session. */
function isOfOtherSession(hint: Hint, session: SessionFacts): boolean {
  if (hint.sessionUid !== undefined) return hint.sessionUid !== session.uid
  const known = session.sids[hint.client.id]
  return hint.sid !== undefined && known !== undefined && hint.sid !== known
}

/** What a dialog remembers until it is answered. */
export interface Dialog {
  readonly kind: 'confirm' | 'continue'
  /** The session that the dialog asked about; only of `confirm`. */
  readonly session?: { readonly uid: string; readonly accountId: string }
  readonly clientId?: string
  readonly target?: LogoutTarget
  readonly noEndsClientLogin: boolean
}

export interface Conclusion {
  readonly ends: 'session' | 'client_login' | 'nothing'
  readonly target?: LogoutTarget
  /** Where to go without a target. */
  readonly ownPage: 'success' | 'stayed'
}

/**
 * What an answer does.
 * @returns `undefined` if the dialog asked about another session than the browser has now: nothing may happen then
 */
export function concludeEndSession(
  dialog: Dialog,
  answer: 'yes' | 'no',
  session: { readonly uid: string; readonly accountId: string } | undefined,
): Conclusion | undefined {
  const target = dialog.target && { target: dialog.target }
  const nothing = { ends: 'nothing', ownPage: 'success', ...target } as const

  // It told that nobody is signed in; a session that began meanwhile was not asked about.
  if (dialog.kind === 'continue') return nothing
  // Another tab was faster.
  if (session === undefined) return nothing
  if (session.uid !== dialog.session?.uid || session.accountId !== dialog.session.accountId) return undefined

  if (answer === 'yes') return { ends: 'session', ownPage: 'success', ...target }
  return { ends: dialog.noEndsClientLogin ? 'client_login' : 'nothing', ownPage: 'stayed', ...target }
}
