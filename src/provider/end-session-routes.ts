/**
 * The end-session endpoint. It never redirects off the provider; only the answer to its dialog does, once, with the
 * dialog's one-time secret. GET changes nothing, HEAD even less. OpenID Connect RP-Initiated Logout 1.0.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SecurityError } from '../kernel/errors.ts'
import { displayName } from './accounts-file.ts'
import { describeSession, type SignedInSession } from './browser-session.ts'
import { decideEndSession, type EndSessionDecision } from './end-session-decision.ts'
import { addConfirmRoute } from './end-session-confirm.ts'
import type { EndSessionParts } from './end-session-parts.ts'
import { answerHeadless, isHeadless } from './headless-logout.ts'
import { pagesFor, sendPage, sendRedirect } from './listener.ts'
import { allowOnly } from './method-guard.ts'
import { PAGE_TEXTS } from './page-texts.ts'
import { formOf, queryOf, readParameters } from './parameters.ts'
import type { ProviderPages } from './provider-pages.ts'

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

export type EndSessionParameters = { readonly [name in (typeof PARAMETERS)[number]]?: string }

export function addEndSessionRoutes(app: FastifyInstance, parts: EndSessionParts): void {
  const { path, parkedForms } = parts

  app.get(path, async (request, reply) => {
    const parameters = readEndSession(await readQuery(request))
    const session = await parts.sessions.find(request.raw, reply.raw)
    const decision = await decide(parts, parameters, session)
    parts.audit.endSessionNotices(decision.notices, decision.client?.id)
    if (parts.strictErrors) checkNotices(decision)
    return sendPage(
      reply,
      await renderDialog(parts, pagesFor(parts.pages, request, parameters.ui_locales), decision, session),
    )
  })

  app.post(path, async (request, reply) => {
    const form = new URLSearchParams([...queryOf(request.raw.url ?? ''), ...formOf(request.body)])
    const parameters = readEndSession(form)
    const headless = parts.headlessLogout && isHeadless(request.headers)
    if (headless && parameters.access_token_hint !== undefined) {
      return answerHeadless(reply, {
        ...parts,
        accessToken: parameters.access_token_hint,
        decide: (session) => decide(parts, parameters, session),
      })
    }
    return sendRedirect(reply, `${path}?_r=${await parkedForms.park(form)}`)
  })

  addConfirmRoute(app, parts)
  app.get(`${path}/success`, async (request, reply) => sendPage(reply, pagesFor(parts.pages, request).signedOut()))
  app.get(`${path}/stayed`, async (request, reply) => sendPage(reply, pagesFor(parts.pages, request).stayed()))
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

function readEndSession(form: URLSearchParams): EndSessionParameters {
  const parameters = readParameters(PARAMETERS, form)
  const { state } = parameters
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (state !== undefined && (Buffer.byteLength(state) > MAX_STATE || /[\u0000-\u001F\u007F]/.test(state))) {
    const detail = `[state] must have at most ${MAX_STATE} bytes and no control characters`
    throw new SecurityError('argument_illegal', detail)
  }
  return parameters
}

async function decide(
  { hints }: EndSessionParts,
  parameters: EndSessionParameters,
  session: SignedInSession | undefined,
): Promise<EndSessionDecision> {
  return decideEndSession(
    {
      idTokenHint: await hints.readIdToken(parameters.id_token_hint),
      accessTokenHint: await hints.readAccessToken(parameters.access_token_hint),
      clientId: parameters.client_id,
      redirectUri: parameters.post_logout_redirect_uri,
      state: parameters.state,
    },
    session && describeSession(session),
  )
}

/** Whose session it is may surprise, and is no error; all else that a note tells is one for a strict provider. */
function checkNotices({ notices }: EndSessionDecision): void {
  const faults = notices.filter((notice) => notice !== 'other_user' && notice !== 'other_session')
  if (faults.length === 0) return
  throw new SecurityError('argument_illegal', faults.map((fault) => PAGE_TEXTS.en.notices[fault]).join(' '))
}

async function renderDialog(
  { tickets, accounts }: EndSessionParts,
  pages: ProviderPages,
  decision: EndSessionDecision,
  session: SignedInSession | undefined,
): Promise<string> {
  const { page, client, target, notices, noEndsClientLogin } = decision
  if (page === 'signed_out') return pages.signedOut({ notices })
  const about = { noEndsClientLogin, ...(client && { clientId: client.id }), ...(target && { target }) }
  if (page === 'continue' || session === undefined) {
    return pages.continue({ ticket: tickets.issue({ kind: 'continue', ...about }), client, notices })
  }
  const { uid, accountId } = session
  const account = await accounts.findBySubject(accountId)
  return pages.confirm({
    ticket: tickets.issue({ kind: 'confirm', session: { uid, accountId }, ...about }),
    client,
    notices,
    accountName: account === undefined ? accountId : displayName(account),
  })
}
