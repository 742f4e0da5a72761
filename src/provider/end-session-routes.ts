/**
 * The end-session endpoint. It never redirects off the provider; only the answer to its dialog does, once, with the
 * dialog's one-time secret. GET changes nothing, HEAD even less. OpenID Connect RP-Initiated Logout 1.0.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SecurityError } from '../kernel/errors.ts'
import { equalSecrets } from '../kernel/random.ts'
import type { Accounts } from './accounts.ts'
import { displayName } from './accounts-file.ts'
import { type BrowserSessions, describeSession } from './browser-session.ts'
import { concludeEndSession, decideEndSession, type Conclusion, type Dialog } from './end-session-decision.ts'
import type { HintReader } from './hints.ts'
import { sendPage, sendRedirect } from './listener.ts'
import { buildLogoutUrl } from './logout-target.ts'
import { allowOnly } from './method-guard.ts'
import { formOf, queryOf, readParameters } from './parameters.ts'
import type { ParkedForms } from './parked-forms.ts'
import type { ProviderPages } from './provider-pages.ts'
import type { SessionEnd } from './session-end.ts'
import type { Tickets } from './tickets.ts'

/** RP-Initiated Logout 1.0 §2, and what cidaas adds. */
const PARAMETERS = [
  'id_token_hint',
  'access_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
  'logout_hint',
] as const
const MAX_STATE = 2048

type EndSessionParameters = { readonly [name in (typeof PARAMETERS)[number]]?: string }

export interface EndSessionParts {
  readonly path: string
  readonly authorizationUrl: string
  readonly hints: HintReader
  readonly sessions: BrowserSessions
  readonly sessionEnd: SessionEnd
  readonly tickets: Tickets<Dialog>
  readonly parkedForms: ParkedForms
  readonly accounts: Accounts
  readonly pages: ProviderPages
  /** The URIs that a client has registered by now. */
  readonly registeredUris: (clientId: string) => Promise<readonly string[]>
}

export function addEndSessionRoutes(app: FastifyInstance, parts: EndSessionParts): void {
  const { path, pages, parkedForms } = parts

  app.get(path, async (request, reply) => {
    const form = await readQuery(request)
    const decided = await decide(parts, request, reply, readEndSession(form))
    return sendPage(reply, renderDialog(parts, decided))
  })

  app.post(path, async (request, reply) => {
    const form = new URLSearchParams([...queryOf(request.raw.url ?? ''), ...formOf(request.body)])
    readEndSession(form)
    return sendRedirect(reply, `${path}?_r=${await parkedForms.park(form)}`)
  })

  addConfirmRoute(app, parts)
  app.get(`${path}/success`, async (_request, reply) => sendPage(reply, pages.signedOut()))
  app.get(`${path}/stayed`, async (_request, reply) => sendPage(reply, pages.stayed()))
  allowOnly(app, path, ['GET', 'HEAD', 'POST'])
  allowOnly(app, `${path}/success`, ['GET', 'HEAD'])
  allowOnly(app, `${path}/stayed`, ['GET', 'HEAD'])

  /** The parameters of a GET: its query, or the form that was parked under its handle. */
  async function readQuery(request: FastifyRequest): Promise<URLSearchParams> {
    const query = queryOf(request.raw.url ?? '')
    if (!query.has('_r')) return query
    const { _r: handle = '' } = readParameters(['_r'], query)
    const parked = request.method === 'HEAD' ? await parkedForms.look(handle) : await parkedForms.take(handle)
    return parked ?? new URLSearchParams()
  }
}

/**
 * The answer to a dialog, checked in this order: the form, the site it comes from, the ticket, the answer, the session.
 * Also the form that the library sends itself when another account signs in over a living session.
 */
export function addConfirmRoute(app: FastifyInstance, parts: EndSessionParts): void {
  const { path, tickets, sessions, sessionEnd } = parts

  app.post(`${path}/confirm`, async (request, reply) => {
    const form = readParameters(['ticket', 'xsrf', 'logout'], queryOf(request.raw.url ?? ''), formOf(request.body))
    if ((form.ticket === undefined) === (form.xsrf === undefined)) throw illegal('the form is not one of ours')

    // Not `Origin`: with our referrer policy browsers send `null` there.
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') throw illegal('the form comes from another site')
    if (form.xsrf !== undefined) return changeAccount(parts, request, reply, form.xsrf)

    const ticket = tickets.open(form.ticket ?? '')
    if (form.logout !== 'yes' && form.logout !== 'no') throw illegal('[logout] must be yes or no')
    const session = await sessions.find(request.raw, reply.raw)
    const conclusion = concludeEndSession(ticket.content, form.logout, session && describeSession(session))
    if (conclusion === undefined) throw illegal('the question was about another session than yours')
    await tickets.useUp(ticket)

    const { clientId } = ticket.content
    const location = await locate(parts, conclusion, clientId)
    if (session !== undefined && conclusion.ends === 'session') {
      await sessionEnd.endSession(session)
      sessions.clearCookie(request.raw, reply.raw)
    }
    if (session !== undefined && clientId !== undefined && conclusion.ends === 'client_login') {
      await sessionEnd.endClientLogin(session, clientId)
      sessions.setCookie(request.raw, reply.raw, session)
    }
    return sendRedirect(reply, location)
  })
  allowOnly(app, `${path}/confirm`, ['POST'])
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

function readEndSession(form: URLSearchParams): EndSessionParameters {
  const parameters = readParameters(PARAMETERS, form)
  const { state } = parameters
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (state !== undefined && (Buffer.byteLength(state) > MAX_STATE || /[\u0000-\u001F\u007F]/.test(state))) {
    throw illegal(`[state] must have at most ${MAX_STATE} bytes and no control characters`)
  }
  return parameters
}

async function decide(
  { hints, sessions }: EndSessionParts,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: EndSessionParameters,
) {
  const session = await sessions.find(request.raw, reply.raw)
  const decision = decideEndSession(
    {
      idTokenHint: await hints.readIdToken(parameters.id_token_hint),
      accessTokenHint: await hints.readAccessToken(parameters.access_token_hint),
      clientId: parameters.client_id,
      redirectUri: parameters.post_logout_redirect_uri,
      state: parameters.state,
    },
    session && describeSession(session),
  )
  return { session, decision }
}

function renderDialog(
  { pages, tickets, accounts }: EndSessionParts,
  { session, decision }: Awaited<ReturnType<typeof decide>>,
): string {
  const { page, client, target, notices, noEndsClientLogin } = decision
  if (page === 'signed_out') return pages.signedOut(notices)
  const about = { noEndsClientLogin, ...(client && { clientId: client.id }), ...(target && { target }) }
  if (page === 'continue' || session === undefined) {
    return pages.continue({ ticket: tickets.issue({ kind: 'continue', ...about }), client, notices })
  }
  const { uid, accountId } = session
  const account = accounts.findBySubject(accountId)
  return pages.confirm({
    ticket: tickets.issue({ kind: 'confirm', session: { uid, accountId }, ...about }),
    client,
    notices,
    accountName: account === undefined ? accountId : displayName(account),
  })
}

/** Where the answer leads. What the client no longer has registered leads to our own page. */
async function locate(parts: EndSessionParts, conclusion: Conclusion, clientId: string | undefined): Promise<string> {
  const { target, ownPage } = conclusion
  const registered = target && clientId !== undefined ? await parts.registeredUris(clientId) : []
  if (target === undefined || !registered.includes(target.uri)) return `${parts.path}/${ownPage}`
  return buildLogoutUrl(target)
}

function illegal(detail: string): SecurityError {
  return new SecurityError('argument_illegal', detail)
}
