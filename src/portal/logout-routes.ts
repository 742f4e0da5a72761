/**
 * Signing out: first here, where it cannot fail on anybody else, then at the API, then at the identity provider. A GET
 * without a token, so that it can be a front-channel logout URL; the worst that a stranger can do with it is a sign-out.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiCalls } from './api-calls.ts'
import { isSignedIn } from './browser-sessions.ts'
import type { PortalParts } from './parts.ts'
import { PortalError, badRequest } from './portal-error.ts'
import { findProvider, startProvider, usesForm } from './providers.ts'
import { createRepeats } from './repeats.ts'
import type { SignIn } from './session-content.ts'
import { readSessionCookie } from './session-cookie.ts'
import { type Visit, visitRules } from './visit.ts'

/** Seconds for which a browser whose answer was lost may ask again and still comes to its identity provider. */
const REPEATED_FOR = 60

/** What a sign-out has ended. `endSession`: the end-session URL of the identity provider, if there is one. */
interface SignOut {
  readonly signIn: SignIn | undefined
  readonly endSession: string | null
}

export function addLogoutRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { settings, sessions, visitors, receipts, api, audit, clock } = parts
  const { basePath } = settings
  const repeats = createRepeats<SignOut>({ keptFor: REPEATED_FOR, clock })

  app.get('/logout', visitRules({ access: 'none', noReferrer: true }), async (request, reply) => {
    const { address, path } = request.visit
    return reply.redirect(`${basePath}/api/security/logout${address.slice(path.length)}`)
  })

  app.get(
    '/api/security/logout',
    { ...visitRules({ access: 'none', page: true, noReferrer: true }), exposeHeadRoute: false },
    async (request, reply): Promise<FastifyReply> => {
      const { visit } = request
      if (!visit.navigation || visit.prefetch) throw badRequest('Client should be able to process redirect response.')
      const cookie = readSessionCookie(request.headers.cookie, settings.cookieName)
      const work = () => signOut(request)
      const ended = cookie.found === 'one' ? repeats.once(sessions.nameOf(cookie.secret), work) : work()
      const { signIn, endSession } = await ended
      visit.deadCookie = cookie.found === 'one'
      return reply.redirect(endSession ?? loggedOutAddress(visit, signIn))
    },
  )

  async function signOut(request: FastifyRequest): Promise<SignOut> {
    const opened = await visitors.openSession(request)
    // Deleted at its version: tokens that were refreshed meanwhile are the ones that are ended below.
    const last = opened.cookie === 'live' ? await sessions.end(opened.session) : undefined
    // Whatever fails from here on.
    request.visit.deadCookie = opened.cookie !== 'none'
    if (!isSignedIn(last)) return { signIn: undefined, endSession: null }
    const { signIn } = last.content
    audit.signedOut(last.record, 'logout', { username: signIn.username, referenceId: request.id })
    const endSession = await endAtApi(signIn, api, request.id)
    if (endSession !== null) await receipts.keep(endSession)
    return { signIn, endSession }
  }

  function loggedOutAddress({ query }: Visit, signIn: SignIn | undefined): string {
    const named = findProvider(settings, signIn?.provider.name ?? query.get('provider'))
    const provider = named ?? startProvider(settings, null)
    const page = settings.selector || provider === undefined || usesForm(provider) ? '/login' : '/security/logged_out'
    const parameters: string[] = []
    const next = query.get('next')
    if (next !== null) parameters.push(`next=${encodeURIComponent(next)}`)
    parameters.push(`msg=${encodeURIComponent(query.get('msg') ?? 'LOGGED_OUT')}`)
    return `${basePath}${page}?${parameters.join('&')}`
  }
}

/** @returns the end-session URL of the identity provider, if there is one */
async function endAtApi({ provider, credential }: SignIn, api: ApiCalls, referenceId: string): Promise<string | null> {
  if ('basic' in credential) return null
  if (provider.type !== 'oidc') {
    if (await api.revoke(credential, referenceId)) return null
    throw new PortalError('logout_failed', 'the tokens of a session could not be revoked')
  }
  try {
    return await api.logout(credential, referenceId)
  } catch (error) {
    if (!(error instanceof PortalError)) throw error
    // An API that answers may still take the tokens back, one by one.
    if (error.code === 'server_error') await api.revoke(credential, referenceId)
    throw new PortalError('logout_failed', error.message, { status: error.status, cause: error.cause })
  }
}
