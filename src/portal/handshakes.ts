/**
 * The way to an identity provider and back: a handshake is started for a target and finished by the callback. The
 * portal never talks to the provider; it keeps `state`, `nonce` and target, and moves the browser.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { PortalProviderSettings, PortalSettings } from '../settings/settings.ts'
import type { ApiCalls, IssuedLogin, PrepareAsk } from './api-calls.ts'
import { type BrowserSession, type BrowserSessions, isSignedIn } from './browser-sessions.ts'
import {
  addHandshake,
  findHandshake,
  isExpired,
  isLooping,
  removeHandshake,
  returnHandshake,
} from './handshake-list.ts'
import { withParameter } from './next.ts'
import type { PortalAudit } from './portal-audit.ts'
import { PortalError } from './portal-error.ts'
import { createRepeats } from './repeats.ts'
import { EMPTY_CONTENT, type Handshake } from './session-content.ts'
import type { SignIns } from './sign-in.ts'
import type { VisitorOrigin } from './visitor-origin.ts'

export interface Handshakes {
  start(ask: StartAsk): Promise<Moved>
  /** Finishes the handshake that the response belongs to. @throws PortalError: nothing but this handshake is lost */
  finish(ask: FinishAsk): Promise<Moved>
}

export interface FinishAsk {
  /** Of the session cookie. */
  readonly secret: string
  /** Opens the session of the cookie. @throws PortalError if there is none */
  readonly open: () => Promise<BrowserSession>
  readonly response: CallbackResponse
  readonly from: VisitorOrigin
  readonly referenceId: string
}

export interface StartAsk {
  /** The browser's session, if it has one. */
  readonly session: BrowserSession | undefined
  readonly provider: PortalProviderSettings | { readonly issuer: string; readonly loginHint: string | undefined }
  readonly target: string
  /** Somebody pressed a button: such a start is counted by the loop breaker, but not stopped. */
  readonly deliberate?: true
  readonly referenceId: string
}

/** Where the browser goes, and the secret of its session if it is to be told. */
export interface Moved {
  readonly location: string
  readonly secret: string | undefined
}

export interface CallbackResponse {
  /** What the API judges: path and query of the callback, or the URI with the fragment of the implicit flow. */
  readonly redirectUri: string
  readonly state: string | undefined
  /** `error` of the response. */
  readonly error: string | undefined
  /** `error_description`: for the log only. */
  readonly description: string | undefined
}

/** For how long the same response, sent again by the same browser, gets the same answer. */
const SHARED_FOR = 10
/** Characters of what a provider says that go into the log. */
const LONGEST_DESCRIPTION = 300

export function createHandshakes(parts: {
  settings: PortalSettings
  sessions: BrowserSessions
  signIns: SignIns
  api: ApiCalls
  audit: PortalAudit
  clock: Clock
}): Handshakes {
  const { settings, sessions, signIns, api, audit, clock } = parts
  const repeats = createRepeats<Moved>({ keptFor: SHARED_FOR, clock })

  async function start({ session, provider, target, deliberate, referenceId }: StartAsk): Promise<Moved> {
    if (!deliberate && session !== undefined && isLooping(session.content, target, clock()))
      throw new PortalError('too_many_attempts', 'this browser began too many sign-ins within a minute', { target })
    const prepared = await api.prepare(prepareAsk(provider), referenceId)
    const named = prepared && ('issuer' in provider ? providerOfRealm(prepared.realm, session) : provider)
    if (prepared === undefined || named === undefined) {
      const code = 'issuer' in provider ? 'unknown_issuer' : 'rejected'
      throw new PortalError(code, 'the security API prepared no sign-in', { target })
    }
    const { state, nonce, realm, redirect } = prepared
    const handshake: Handshake = { state, nonce, realm, provider: named.name, target, startedAt: clock() }
    const kept =
      session && (await sessions.change(session, ({ content }) => ({ content: addHandshake(content, handshake) })))
    const holder = kept ?? (await sessions.create(addHandshake(EMPTY_CONTENT, handshake)))
    if (holder === undefined) throw new PortalError('server_error', 'a new session could not be created')
    return { location: redirect, secret: kept === undefined ? holder.secret : undefined }
  }

  function providerOfRealm(realm: string, session: BrowserSession | undefined): PortalProviderSettings | undefined {
    const fitting = settings.providers.filter((one) => one.type === 'oidc' && one.realm === realm)
    return fitting.find(({ name }) => name === session?.content.signIn?.provider.name) ?? fitting[0]
  }

  function findStarted(session: BrowserSession, { state }: CallbackResponse): Handshake | { led: string } {
    const { content } = session
    const handshake = state === undefined ? undefined : findHandshake(content, state)
    if (handshake !== undefined) return handshake
    if (isSignedIn(session))
      return { led: content.finished.find((one) => one.state === state)?.target ?? `${settings.basePath}/` }
    throw new PortalError('handshake_missing', 'the browser has no open handshake with this state')
  }

  /** Takes the handshake out of the session, so that it is used once. */
  async function take(session: BrowserSession, { state }: Handshake): Promise<BrowserSession> {
    let won = false
    const left = await sessions.change(session, ({ content }) => {
      won = findHandshake(content, state) !== undefined
      return won ? { content: removeHandshake(content, state) } : undefined
    })
    if (left !== undefined && won) return left
    throw new PortalError('handshake_missing', 'the handshake was finished by another request meanwhile')
  }

  /** Asks the API; if it cannot be reached, the handshake is put back, so that a reload can succeed. */
  async function redeem(
    session: BrowserSession,
    handshake: Handshake,
    response: CallbackResponse,
    referenceId: string,
  ): Promise<IssuedLogin | undefined> {
    const { state, nonce, realm, target } = handshake
    try {
      return await api.authenticate({ state, nonce, realm, redirectUri: response.redirectUri }, referenceId)
    } catch (error) {
      if (!(error instanceof PortalError)) throw error
      if (error.code === 'unavailable')
        await sessions.change(session, ({ content }) => ({ content: returnHandshake(content, handshake) }))
      throw new PortalError(error.code, error.message, { status: error.status, target, cause: error.cause })
    }
  }

  async function finishOnce({ open, response, from, referenceId }: FinishAsk): Promise<Moved> {
    const session = await open()
    const handshake = findStarted(session, response)
    if ('led' in handshake) return { location: handshake.led, secret: undefined }
    const { target } = handshake
    const provider = settings.providers.find(({ type, name }) => type === 'oidc' && name === handshake.provider)
    const left = await take(session, handshake)
    if (isExpired(handshake, clock()))
      throw new PortalError('handshake_expired', 'the handshake began more than an hour ago', { target })
    if (provider?.realm !== handshake.realm)
      throw new PortalError('realm_changed', 'the provider of the handshake is gone or has another realm', { target })

    const issued = await redeem(left, handshake, response, referenceId)
    if (issued === undefined) {
      audit.signInFailed({ type: 'oidc', name: handshake.provider }, referenceId)
      if (response.error === undefined)
        throw new PortalError('rejected', 'the security API refused the response', { target })
      const providerCode = REGISTERED_ERRORS.has(response.error) ? response.error : undefined
      const told = `${response.error} ${response.description ?? ''}`.slice(0, LONGEST_DESCRIPTION)
      throw new PortalError('op_error', `the identity provider answered with an error: ${told}`, {
        target,
        providerCode,
      })
    }
    const { secret, overwritten } = await signIns.establish({
      old: left,
      signIn: {
        username: issued.username,
        provider: { type: 'oidc', name: handshake.provider },
        realm: handshake.realm,
        credential: issued.tokens,
        from,
      },
      handshake,
      referenceId,
    })
    return { location: overwritten ? overwrittenAddress(settings.basePath, target) : target, secret }
  }

  return {
    start,
    finish(ask) {
      // The whole response and the cookie make it the same request; `state` alone never does.
      const key = hash('sha256', `${ask.secret} ${ask.response.redirectUri}`, 'base64url')
      return repeats.once(key, () => finishOnce(ask))
    },
  }
}

/** The page that tells that somebody else was signed in before. */
export function overwrittenAddress(basePath: string, target: string): string {
  return withParameter(`${basePath}/security/overwritten_session`, 'next', target)
}

function prepareAsk(provider: StartAsk['provider']): PrepareAsk {
  if (!('issuer' in provider)) return { realm: provider.realm ?? '' }
  const { issuer, loginHint } = provider
  return loginHint === undefined ? { iss: issuer } : { iss: issuer, login_hint: loginHint }
}

/** RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6. */
const REGISTERED_ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
])
