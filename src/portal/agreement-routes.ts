/** The access agreement: a text that everybody must acknowledge, once per session, before anything else is shown. */
import type { FastifyInstance } from 'fastify'
import type { PortalSettings } from '../settings/settings.ts'
import { sendPage } from './answer.ts'
import type { SignedInSession } from './browser-sessions.ts'
import { readTarget, withParameter } from './next.ts'
import type { PortalParts } from './parts.ts'
import { PortalError } from './portal-error.ts'
import { usernameOf } from './profile.ts'
import { renderAgreementPage } from './session-pages.ts'
import { watchOf } from './session-watch.ts'
import { type User, type Visit, userOf, visitRules } from './visit.ts'

const PAGE = '/security/access_agreement'
const STATE = '/internal/security/access_agreement'

export function addAgreementRoutes(app: FastifyInstance, { settings, sessions, audit }: PortalParts): void {
  const { basePath } = settings
  const page = visitRules({ access: 'required', beforeAgreement: true })
  const form = visitRules({ access: 'required', beforeAgreement: true, form: true })

  app.get(PAGE, page, async (request, reply) => {
    const user = userOf(request)
    const agreement = agreementOf(user)
    const { query, texts } = request.visit
    const next = readTarget(query.get('next'), undefined, basePath)
    const watch = watchOf(user, basePath)
    return sendPage(reply, renderAgreementPage({ basePath, next, texts, agreement, watch }))
  })

  app.post(PAGE, form, async (request, reply) => {
    const user = userOf(request)
    agreementOf(user)
    const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
    // A page that was left open by somebody else showed another text, or the same one to other eyes.
    const readBy = fields.get('session')
    if (readBy === null || readBy === user.session?.record.id) await acknowledge(user, request.id)
    return reply.redirect(readTarget(fields.get('next'), undefined, basePath), 303)
  })

  app.get(`${STATE}/state`, visitRules({ access: 'required' }), async (request) => ({
    accessAgreement: findAgreement(settings, userOf(request)) ?? '',
  }))

  app.post(`${STATE}/acknowledge`, visitRules({ access: 'required' }), async (request, reply) => {
    await acknowledge(userOf(request), request.id)
    return reply.code(204).send()
  })

  /** @throws PortalError `not_found` if there is none to acknowledge */
  function agreementOf(user: User): string {
    const agreement = findAgreement(settings, user)
    if (agreement === undefined) throw new PortalError('not_found', 'no access agreement is configured')
    return agreement
  }

  async function acknowledge({ session, profile }: User, referenceId: string): Promise<void> {
    if (session === undefined || session.record.accessAgreementAcknowledged) return
    const changed = await sessions.change(session, ({ content }) => ({ content, accessAgreementAcknowledged: true }))
    if (changed !== undefined) audit.agreementAcknowledged(changed.record, usernameOf(profile), referenceId)
  }
}

/**
 * Where a signed-in page load must go first.
 * @returns `undefined` if nothing stands before the page
 */
export function findForcedPage(user: User, visit: Visit, settings: PortalSettings): string | undefined {
  if (!visit.navigation || visit.rules.beforeAgreement || visit.rules.access !== 'required') return undefined
  if (user.session === undefined || user.session.record.accessAgreementAcknowledged) return undefined
  if (findAgreement(settings, user) === undefined) return undefined
  return withParameter(settings.basePath + PAGE, 'next', settings.basePath + visit.address)
}

/** The text for a session: its provider's, else the portal's. Visitors by header have none. */
function findAgreement(
  settings: PortalSettings,
  { session, provider }: User & { session: SignedInSession | undefined },
) {
  if (session === undefined) return undefined
  return settings.providers.find(({ name }) => name === provider.name)?.accessAgreement
}
