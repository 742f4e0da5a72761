/** What an anonymous visitor of a page that needs a sign-in gets: the way in, or a refusal that says why. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { setCookie } from './answer.ts'
import { STEERING, readTarget, withParameter, withoutParameters } from './next.ts'
import type { PortalParts } from './parts.ts'
import { PortalError } from './portal-error.ts'
import { beginsAtLoginPage, findProvider, startProvider } from './providers.ts'
import { type Anonymous } from './visit.ts'

/** Endings that the login page explains. */
const EXPLAINED: ReadonlySet<string> = new Set([
  'SESSION_IDLE_TIMEOUT',
  'SESSION_LIFESPAN_TIMEOUT',
  'CONCURRENCY_LIMIT',
])

export async function leadToSignIn(
  visitor: Anonymous,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: PortalParts,
): Promise<FastifyReply> {
  const { settings, handshakes } = parts
  const { visit } = request
  if (!visit.mayStart) throw new PortalError('unauthenticated', 'not signed in', { sessionReason: visitor.reason })

  const hint = visit.query.get('auth_provider_hint')
  const asked = settings.basePath + visit.address
  const provider = startProvider(settings, hint)
  if (provider === undefined || beginsAtLoginPage(settings, hint))
    return reply.redirect(loginAddress(asked, hint, visitor, parts))

  const hash = visit.query.get('auth_url_hash')
  if (hash === null) {
    const next = withParameter(withoutParameters(asked, STEERING), 'auth_provider_hint', provider.name)
    return reply.redirect(withParameter(`${settings.basePath}/internal/security/capture-url`, 'next', next))
  }
  const { location, secret } = await handshakes.start({
    session: visitor.session,
    provider,
    target: readTarget(asked, hash, settings.basePath),
    referenceId: request.id,
  })
  if (secret !== undefined) setCookie(reply, secret, settings)
  return reply.redirect(location)
}

function loginAddress(asked: string, hint: string | null, { reason }: Anonymous, { settings }: PortalParts): string {
  let address = withParameter(`${settings.basePath}/login`, 'next', asked)
  if (hint !== null && findProvider(settings, hint) !== undefined)
    address = withParameter(address, 'auth_provider_hint', hint)
  return reason !== undefined && EXPLAINED.has(reason) ? withParameter(address, 'msg', reason) : address
}
