/**
 * The answer to a dialog of the end-session endpoint, checked in this order: the form, the site it comes from, the
 * ticket, the answer, the session. Also the form that the library sends itself when another account signs in over a
 * living session.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SecurityError } from '../kernel/errors.ts'
import { equalSecrets } from '../kernel/random.ts'
import { describeSession } from './browser-session.ts'
import { depart, type Goal } from './departure.ts'
import { concludeEndSession, type Conclusion } from './end-session-decision.ts'
import type { EndSessionParts } from './end-session-parts.ts'
import { sendRedirect } from './listener.ts'
import { buildLogoutUrl } from './logout-target.ts'
import { allowOnly } from './method-guard.ts'
import { formOf, queryOf, readParameters } from './parameters.ts'
import type { EndedSession } from './session-end.ts'

const NOBODY: EndedSession = { untold: [], frames: [] }

export function addConfirmRoute(app: FastifyInstance, parts: EndSessionParts): void {
  const { path, tickets, sessions, sessionEnd } = parts

  app.post(`${path}/confirm`, async (request, reply) => {
    const form = readParameters(['ticket', 'xsrf', 'logout'], queryOf(request.raw.url ?? ''), formOf(request.body))
    if ((form.ticket === undefined) === (form.xsrf === undefined)) throw illegal('the form is not one of ours')
    checkSite(request)
    if (form.xsrf !== undefined) return changeAccount(parts, request, reply, form.xsrf)

    const ticket = tickets.open(form.ticket ?? '')
    if (form.logout !== 'yes' && form.logout !== 'no') throw illegal('[logout] must be yes or no')
    const session = await sessions.find(request.raw, reply.raw)
    const conclusion = concludeEndSession(ticket.content, form.logout, session && describeSession(session))
    if (conclusion === undefined) throw illegal('the question was about another session than yours')
    await tickets.useUp(ticket)

    const { clientId } = ticket.content
    const goal = await findGoal(parts, conclusion, clientId)
    let ended = NOBODY
    if (session !== undefined && conclusion.ends === 'session') {
      ended = await sessionEnd.endSession(session)
      sessions.clearCookie(request.raw, reply.raw)
    }
    if (session !== undefined && clientId !== undefined && conclusion.ends === 'client_login') {
      ended = await sessionEnd.endClientLogin(session, clientId)
      sessions.setCookie(request.raw, reply.raw, session)
    }
    // A session that lives on is nothing that frames should end.
    if (conclusion.ownPage === 'stayed') return sendRedirect(reply, goal.location)
    return depart(request, reply, { pages: parts.pages, ended, goal })
  })
  allowOnly(app, `${path}/confirm`, ['POST'])
}

/** Not `Origin`: with our referrer policy browsers send `null` there. @throws SecurityError `argument_illegal` */
export function checkSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') throw illegal('the form comes from another site')
}

/** Where the answer leads. What the client no longer has registered leads to our own page. */
async function findGoal(parts: EndSessionParts, conclusion: Conclusion, clientId: string | undefined): Promise<Goal> {
  const { target, ownPage } = conclusion
  const client = target && clientId !== undefined ? await parts.findClient(clientId) : undefined
  if (target === undefined || client?.postLogoutRedirectUris.includes(target.uri) !== true) {
    return { location: `${parts.path}/${ownPage}` }
  }
  return { location: buildLogoutUrl(target), clientName: client.name }
}

/** Another account signs in over a living session: the old session ends, then the login goes on. */
async function changeAccount(
  parts: EndSessionParts,
  request: FastifyRequest,
  reply: FastifyReply,
  xsrf: string,
): Promise<FastifyReply> {
  const { sessions, sessionEnd, authorizationUrl } = parts
  const session = await sessions.find(request.raw, reply.raw)
  const { secret, postLogoutRedirectUri: resume } = session?.state ?? {}
  // Only that step of a login writes the secret into the session, and the way back with it.
  const ours = typeof secret === 'string' && equalSecrets(Buffer.from(secret), Buffer.from(xsrf))
  if (session === undefined || !ours || typeof resume !== 'string' || !resume.startsWith(`${authorizationUrl}/`)) {
    throw illegal('the form is not one of ours')
  }
  await sessionEnd.endSession(session)
  sessions.clearCookie(request.raw, reply.raw)
  return sendRedirect(reply, resume)
}

function illegal(detail: string): SecurityError {
  return new SecurityError('argument_illegal', detail)
}
