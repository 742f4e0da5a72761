/** The routes that an identity provider sends browsers to. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isJsonObject } from '../kernel/json.ts'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { sendPage, setCookie } from './answer.ts'
import type { BrowserSession } from './browser-sessions.ts'
import type { CallbackResponse } from './handshakes.ts'
import { checkOnce } from './parameters.ts'
import type { PortalParts } from './parts.ts'
import { PortalError, badRequest } from './portal-error.ts'
import { renderImplicitPage } from './relay-pages.ts'
import { buildImplicitScript } from './scripts.ts'
import { readSessionCookie } from './session-cookie.ts'
import { visitRules } from './visit.ts'
import { readVisitorOrigin } from './visitor-origin.ts'

const CALLBACK = '/api/security/oidc/callback'
const IMPLICIT = '/api/security/oidc/implicit'
const INITIATE = '/api/security/oidc/initiate_login'

const REFUSED_BY_API: ReadonlySet<string> = new Set(['rejected', 'op_error'])

export function addOidcRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { settings, visitors, handshakes, audit } = parts
  const relay = visitRules({ access: 'none', page: true, noReferrer: true })

  app.get(CALLBACK, { ...relay, exposeHeadRoute: false }, async (request, reply) => {
    try {
      return await finish(request, reply)
    } catch (error) {
      // What the API refuses is written where the provider is known.
      if (error instanceof PortalError && error.status === 401 && !REFUSED_BY_API.has(error.code))
        audit.signInFailed(undefined, request.id)
      throw error
    }
  })

  async function finish(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { visit } = request
    const response = readResponse(request, settings.basePath)
    // The answer sets a cookie, which only a page load may receive.
    if (!visit.navigation || visit.prefetch) throw badRequest('Client should be able to process redirect response.')
    const cookie = readSessionCookie(request.headers.cookie, settings.cookieName)
    if (cookie.found === 'none') throw new PortalError('no_cookie', 'a callback came without a session cookie')
    if (cookie.found === 'several') throw new PortalError('several_cookies', 'a callback came with several cookies')
    const open = () => openForCallback(request)
    const from = readVisitorOrigin(request)
    const moved = await handshakes.finish({ secret: cookie.secret, open, response, from, referenceId: request.id })
    if (moved.secret !== undefined) setCookie(reply, moved.secret, settings)
    return reply.redirect(moved.location)
  }

  async function openForCallback(request: FastifyRequest): Promise<BrowserSession> {
    const opened = await visitors.openSession(request)
    if (opened.cookie === 'live') return opened.session
    throw new PortalError('handshake_missing', 'the session of the handshake has ended')
  }

  app.get(IMPLICIT, relay, async (request, reply) =>
    sendPage(reply, renderImplicitPage(settings.basePath, request.visit.texts)),
  )

  app.get('/internal/security/oidc/implicit.js', visitRules({ access: 'none' }), async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(buildImplicitScript(settings.basePath)),
  )

  app.route({
    method: ['GET', 'POST'],
    url: INITIATE,
    ...visitRules({ access: 'none', page: true, noReferrer: true, crossSite: true }),
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { visit } = request
      const parameters = request.method === 'GET' ? visit.query : readBody(request.body)
      const { issuer, loginHint } = readInitiation(parameters)
      if (!visit.navigation || visit.prefetch || visit.frame || request.headers.authorization !== undefined)
        throw new PortalError('unauthenticated', 'a sign-in was initiated by a request that may not start one')
      const cookie = readSessionCookie(request.headers.cookie, settings.cookieName)
      // A Lax cookie does not come with a post from elsewhere, but it comes with the GET that follows.
      if (request.method === 'POST' && request.headers['sec-fetch-site'] === 'cross-site' && cookie.found === 'none') {
        const again = new URLSearchParams({ iss: issuer, ...(loginHint !== undefined && { login_hint: loginHint }) })
        return reply.redirect(`${settings.basePath}${INITIATE}?${again.toString()}`, 303)
      }
      const opened = await visitors.openSession(request)
      const { location, secret } = await handshakes.start({
        session: opened.cookie === 'live' ? opened.session : undefined,
        provider: { issuer, loginHint },
        target: `${settings.basePath}/`,
        referenceId: request.id,
      })
      if (secret !== undefined) setCookie(reply, secret, settings)
      return reply.redirect(location)
    },
  })
}

/** What the API is to judge, and the `state` that finds the handshake. */
function readResponse({ visit }: FastifyRequest, basePath: string): CallbackResponse {
  const { query } = visit
  checkOnce(query)
  const implicit = query.get('authenticationResponseURI')
  if (implicit !== null) return readImplicitResponse(implicit, basePath)
  if (query.get('code') === null && query.get('error') === null) throw badRequest('Unrecognized login attempt.')
  return { redirectUri: visit.address, ...readState(query) }
}

function readImplicitResponse(uri: string, basePath: string): CallbackResponse {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== basePath + IMPLICIT)
    throw badRequest('[authenticationResponseURI] must be an address of the implicit flow.')
  const inside = url.hash.length > 1 ? new URLSearchParams(url.hash.slice(1)) : url.searchParams
  checkOnce(inside)
  return { redirectUri: uri, ...readState(inside) }
}

function readState(parameters: URLSearchParams): Omit<CallbackResponse, 'redirectUri'> {
  return {
    state: parameters.get('state') ?? undefined,
    error: parameters.get('error') ?? undefined,
    description: parameters.get('error_description') ?? undefined,
  }
}

/** A form or a JSON object of texts. */
function readBody(body: unknown): URLSearchParams {
  if (body instanceof URLSearchParams) return body
  if (!isJsonObject(body)) throw badRequest('[request body]: expected a form or a JSON object')
  return new URLSearchParams(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** OpenID Connect Core 1.0 §4. `target_link_uri` is checked and goes no further. */
function readInitiation(parameters: URLSearchParams): { issuer: string; loginHint: string | undefined } {
  checkOnce(parameters)
  const issuer = parameters.get('iss')
  if (issuer === null || !isIssuer(issuer)) throw badRequest('[iss] must be an https URI.')
  const target = parameters.get('target_link_uri')
  if (target !== null && !URL.canParse(target)) throw badRequest('[target_link_uri] must be a URI.')
  return { issuer, loginHint: parameters.get('login_hint') ?? undefined }
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}
