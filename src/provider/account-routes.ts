/**
 * The account page: where this browser's session is signed in, and the ways out of it: one application, here, or
 * everywhere. Each form is of one session and for one use.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SecurityError } from '../kernel/errors.ts'
import type { Accounts } from './accounts.ts'
import { displayName } from './accounts-file.ts'
import type { BrowserSessions, SignedInSession } from './browser-session.ts'
import { depart } from './departure.ts'
import { checkSite } from './end-session-confirm.ts'
import { pagesFor, sendPage, sendRedirect } from './listener.ts'
import { allowOnly } from './method-guard.ts'
import { formOf, readParameters } from './parameters.ts'
import { ACCOUNT_PATH } from './paths.ts'
import type { ProviderPagesIn } from './provider-pages.ts'
import type { SessionEnd } from './session-end.ts'
import type { Tickets } from './tickets.ts'

/** What a form of the page remembers: the session it was shown to. */
export interface AccountForm {
  readonly uid: string
}

interface AccountParts {
  readonly sessions: BrowserSessions
  readonly sessionEnd: SessionEnd
  readonly tickets: Tickets<AccountForm>
  readonly accounts: Accounts
  readonly pages: ProviderPagesIn
  readonly clientName: (clientId: string) => Promise<string>
  /** Where somebody ends up who is signed out now. */
  readonly signedOutPath: string
}

export function addAccountRoutes(app: FastifyInstance, parts: AccountParts): void {
  const { sessions, tickets, sessionEnd } = parts

  app.get(ACCOUNT_PATH, async (request, reply) => {
    const session = await sessions.find(request.raw, reply.raw)
    return sendPage(reply, await renderAccount(parts, request, session))
  })

  app.post(ACCOUNT_PATH, async (request, reply) => {
    const form = readParameters(['ticket', 'client', 'leave'], formOf(request.body))
    checkSite(request)
    const ticket = tickets.open(form.ticket ?? '')
    const session = await sessions.find(request.raw, reply.raw)
    // Another tab was faster.
    if (session === undefined) return sendRedirect(reply, ACCOUNT_PATH)
    if (session.uid !== ticket.content.uid) throw illegal('the form is of another session')
    await tickets.useUp(ticket)

    if (form.client !== undefined) return leaveClient(request, reply, session, form.client)
    if (form.leave !== 'here' && form.leave !== 'everywhere') throw illegal('[leave] must be here or everywhere')
    const ended = await sessionEnd.endSession(session)
    const elsewhere = form.leave === 'everywhere' ? await sessionEnd.endAccount(session.accountId) : []
    sessions.clearCookie(request.raw, reply.raw)
    const untold = [...new Set([...ended.untold, ...elsewhere])]
    const goal = { location: parts.signedOutPath }
    return depart(request, reply, { pages: parts.pages, ended: { ...ended, untold }, goal })
  })
  allowOnly(app, ACCOUNT_PATH, ['GET', 'HEAD', 'POST'])

  async function leaveClient(
    request: FastifyRequest,
    reply: FastifyReply,
    session: SignedInSession,
    clientId: string,
  ): Promise<FastifyReply> {
    if (session.authorizations?.[clientId] === undefined) throw illegal('the session knows no such application')
    await sessionEnd.endClientLogin(session, clientId)
    sessions.setCookie(request.raw, reply.raw, session)
    return sendRedirect(reply, ACCOUNT_PATH)
  }
}

async function renderAccount(
  { accounts, tickets, pages, clientName }: AccountParts,
  request: FastifyRequest,
  session: SignedInSession | undefined,
): Promise<string> {
  const own = pagesFor(pages, request)
  if (session === undefined) return own.notSignedIn()
  const account = await accounts.findBySubject(session.accountId)
  const ids = Object.keys(session.authorizations ?? {})
  return own.account({
    accountName: account === undefined ? session.accountId : displayName(account),
    signedInAt: session.loginTs,
    clients: await Promise.all(ids.map(async (id) => ({ id, name: await clientName(id) }))),
    ticket: tickets.issue({ uid: session.uid }),
  })
}

function illegal(detail: string): SecurityError {
  return new SecurityError('argument_illegal', detail)
}
