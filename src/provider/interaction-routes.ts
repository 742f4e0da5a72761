/**
 * Login and consent: the pages that the library asks for in the middle of an authorization, under `/interaction/{uid}`.
 * An interaction is bound to its own cookie and, through the library, to the browser's session; each form to one
 * interaction and to one use.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { InteractionResults, Provider } from 'oidc-provider'
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import type { Accounts } from './accounts.ts'
import { displayName } from './accounts-file.ts'
import { findClient } from './clients.ts'
import { type AskedFor, newGrant, widenGrant } from './consent.ts'
import { addressOf, pagesFor, sendPage, sendRedirect } from './listener.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PageTexts } from './page-texts.ts'
import { formOf, readParameters } from './parameters.ts'
import type { ProviderAudit } from './provider-audit.ts'
import type { ProviderPages, ProviderPagesIn } from './provider-pages.ts'
import type { Tickets } from './tickets.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** What a form of ours remembers. */
export interface InteractionForm {
  readonly uid: string
  readonly prompt: string
}

interface InteractionParts {
  readonly library: () => Provider
  readonly accounts: Accounts
  readonly tickets: Tickets<InteractionForm>
  readonly throttle: LoginThrottle
  readonly pages: ProviderPagesIn
  readonly log: Log
  readonly audit: ProviderAudit
}

const CANCELLED = { error: 'access_denied', error_description: 'the user cancelled' }
/** OpenID Connect Core Error Code unmet_authentication_requirements 1.0. */
const UNMET = {
  error: 'unmet_authentication_requirements',
  error_description: 'the essential authentication context class is not one of ours',
}

export function addInteractionRoutes(app: FastifyInstance, parts: InteractionParts): void {
  const { tickets } = parts

  app.get('/interaction/:uid', async (request, reply) => {
    const interaction = await findInteraction(request, reply)
    if (isUnattainable(interaction)) return finish(request, reply, UNMET)
    return sendPage(reply, await renderForm(parts, pagesIn(request, interaction), interaction))
  })

  app.post('/interaction/:uid', async (request, reply) => {
    const interaction = await findInteraction(request, reply)
    const form = readParameters(['ticket', 'answer', 'username', 'password'], formOf(request.body))
    const ticket = tickets.open(form.ticket ?? '')
    const { uid, prompt } = ticket.content
    if (uid !== interaction.uid || prompt !== interaction.prompt.name) throw illegal('the form is of another login')
    await tickets.useUp(ticket)

    if (form.answer === 'cancel') return finish(request, reply, CANCELLED)
    if (prompt === 'consent' && form.answer === 'allow')
      return finish(request, reply, await grantConsent(parts.library(), interaction))
    if (prompt === 'login' && form.answer === 'login') {
      const pages = pagesIn(request, interaction)
      const login = await signIn(parts, pages.texts, form.username ?? '', form.password ?? '', addressOf(request))
      if ('subject' in login) return finish(request, reply, { login: { accountId: login.subject } })
      if (login.wait > 0) reply.header('retry-after', login.wait)
      reply.code(login.wait > 0 ? 429 : 400)
      return sendPage(reply, await renderForm(parts, pages, interaction, login.fault, form.username))
    }
    throw illegal('[answer] is not one of the form')
  })

  const pagesIn = (request: FastifyRequest, { params }: Interaction) =>
    pagesFor(parts.pages, request, params['ui_locales'])

  async function finish(request: FastifyRequest, reply: FastifyReply, result: InteractionResults) {
    return sendRedirect(reply, await parts.library().interactionResult(request.raw, reply.raw, result))
  }

  /** @throws OIDCProviderError if the browser has no such interaction, or not this session any more */
  async function findInteraction(request: FastifyRequest, reply: FastifyReply): Promise<Interaction> {
    const interaction = await parts.library().interactionDetails(request.raw, reply.raw)
    if (interaction.uid !== (request.params as { uid: string }).uid) throw illegal('the form is of another login')
    return interaction
  }
}

/** There is one way to sign in here, and it is of no class: to ask again and again would not help. Core 1.0 §5.5.1.1. */
function isUnattainable({ prompt }: Interaction): boolean {
  return prompt.reasons.some((reason) => reason === 'essential_acr' || reason === 'essential_acrs')
}

async function signIn(
  { accounts, throttle, log, audit }: InteractionParts,
  texts: PageTexts,
  username: string,
  password: string,
  address: string,
): Promise<{ subject: string } | { wait: number; fault: string }> {
  const attempt = throttle.begin(username, address)
  if (!('succeeded' in attempt)) {
    log.warn({ 'source.ip': address }, 'a login was refused: too many attempts failed')
    audit.login({ name: username, address, outcome: 'failure', reason: 'too many attempts failed' })
    const minutes = Math.ceil(attempt.wait / 60)
    return { wait: attempt.wait, fault: texts.tooManyAttempts(minutes) }
  }
  const account = await accounts.verify(username, password)
  if (account === undefined) {
    log.info({ 'source.ip': address }, 'a login failed')
    audit.login({ name: username, address, outcome: 'failure', reason: 'name or password is not right' })
    return { wait: 0, fault: texts.wrongPassword }
  }
  attempt.succeeded()
  audit.login({ name: username, address, outcome: 'success' })
  return { subject: account.subject }
}

async function renderForm(
  { accounts, tickets, ...parts }: InteractionParts,
  pages: ProviderPages,
  interaction: Interaction,
  fault?: string,
  username = textOf(interaction.params['login_hint']),
): Promise<string> {
  const { params, prompt, uid, session } = interaction
  const client = await findClient(parts.library(), textOf(params['client_id']))
  if (client === undefined) throw illegal('the application does not exist any more')
  const clientName = client.clientName ?? client.clientId
  const ticket = tickets.issue({ uid, prompt: prompt.name })
  if (prompt.name === 'login')
    return pages.login({ clientName, ticket, username, ...(fault !== undefined && { fault }) })

  const account = await accounts.findBySubject(session?.accountId ?? '')
  const { scopes, resources } = readAskedFor(interaction)
  const isMore = scopes.length > 0 || resources.length > 0
  return pages.consent({
    clientName,
    host: placeOf(new URL(textOf(params['redirect_uri']))),
    accountName: account === undefined ? '' : displayName(account),
    scopes: isMore ? scopes : textOf(params['scope']).split(' '),
    resources,
    ticket,
  })
}

/** Where a redirect URI leads: a host, or the application that has a private scheme (RFC 8252 §7.1). */
function placeOf({ host, protocol }: URL): string {
  return host === '' ? protocol.slice(0, -1) : host
}

async function grantConsent(library: Provider, interaction: Interaction): Promise<InteractionResults> {
  const { params, session, grantId } = interaction
  const stored = grantId === undefined ? undefined : await library.Grant.find(grantId)
  const grant = stored ?? newGrant(library, textOf(params['client_id']), String(session?.accountId))
  await widenGrant(grant, readAskedFor(interaction))
  return { consent: { grantId: grant.jti } }
}

/** What the library found missing in the grant. */
function readAskedFor({ prompt }: Interaction): AskedFor {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details as {
    missingOIDCScope?: readonly string[]
    missingOIDCClaims?: readonly string[]
    missingResourceScopes?: Readonly<Record<string, readonly string[]>>
  }
  const resources = Object.entries(missingResourceScopes ?? {})
  return {
    scopes: missingOIDCScope ?? [],
    claims: missingOIDCClaims ?? [],
    resources: resources.map(([identifier, scopes]) => ({ identifier, scopes })),
  }
}

function textOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : ''
}

function illegal(detail: string): SecurityError {
  return new SecurityError('argument_illegal', detail)
}
