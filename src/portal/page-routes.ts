/** The pages, and the files that they load. */
import type { FastifyInstance } from 'fastify'
import { listPageRoutes } from '../pages/page-file.ts'
import { stylesheet } from '../pages/style.ts'
import { sendPage } from './answer.ts'
import { renderAccountPage } from './account-page.ts'
import { buildMessage, readMessageCode } from './messages.ts'
import { readNext, readTarget } from './next.ts'
import type { PortalParts } from './parts.ts'
import { buildProfile, usernameOf } from './profile.ts'
import { renderCapturePage } from './relay-pages.ts'
import { scripts } from './scripts.ts'
import { renderLoggedOutPage, renderOverwrittenPage, renderUnauthenticatedPage } from './session-pages.ts'
import { watchOf } from './session-watch.ts'
import { userOf, visitRules } from './visit.ts'

export function addPageRoutes(
  app: FastifyInstance,
  { settings, sessions, records, receipts, clock }: PortalParts,
): void {
  const { basePath } = settings
  const types = new Set(settings.providers.map(({ type }) => type))
  const required = visitRules({ access: 'required' })
  const beforeAgreement = visitRules({ access: 'required', beforeAgreement: true })

  app.get('/', required, async (_request, reply) => reply.redirect(`${basePath}/security/account`))

  app.get('/security/account', required, async (request, reply) => {
    const user = userOf(request)
    const { session } = user
    const watch = watchOf(user, basePath)
    const page = renderAccountPage({
      basePath,
      profile: buildProfile(user),
      session: session &&
        watch && {
          times: session.record,
          deadlines: sessions.deadlines(session),
          all: await records.listOfUser(session),
          watch,
        },
      now: clock(),
      texts: request.visit.texts,
    })
    return sendPage(reply, page)
  })

  app.get('/security/overwritten_session', beforeAgreement, async (request, reply) => {
    const next = readTarget(request.visit.query.get('next'), undefined, basePath)
    const user = userOf(request)
    const view = { basePath, next, texts: request.visit.texts, watch: watchOf(user, basePath) }
    return sendPage(reply, renderOverwrittenPage({ ...view, username: usernameOf(user.profile) }))
  })

  for (const path of ['/security/logged_out', '/logged_out'])
    app.get(path, visitRules({ access: 'optional' }), async (request, reply) => {
      const { visitor, query, texts } = request.visit
      // Whose session cannot be looked at now may have one: not told to be logged out.
      if (visitor.kind === 'user' || visitor.unidentified) return reply.redirect(`${basePath}/`)
      const next = readTarget(query.get('next'), undefined, basePath)
      const code = readMessageCode(query.get('msg'))
      const message = code === 'LOGGED_OUT' ? undefined : buildMessage(code, texts)
      const receipt = await receipts.take(query.get('state'))
      return sendPage(reply, renderLoggedOutPage({ basePath, next, texts, message, receipt, types }))
    })

  app.get('/security/unauthenticated', visitRules({ access: 'none' }), async (request, reply) => {
    const next = readTarget(request.visit.query.get('next'), undefined, basePath)
    return sendPage(reply, renderUnauthenticatedPage({ basePath, next, texts: request.visit.texts }))
  })

  app.get(
    '/internal/security/capture-url',
    visitRules({ access: 'none', page: true, noReferrer: true }),
    async (request, reply) => {
      const next = readNext(request.visit.query.get('next'), basePath)
      return sendPage(reply, renderCapturePage(next, basePath, request.visit.texts))
    },
  )

  for (const file of [stylesheet, ...scripts])
    for (const { path, cacheControl } of listPageRoutes(file))
      app.get(path, visitRules({ access: 'none' }), async (_request, reply) =>
        reply.header('cache-control', cacheControl).type(file.type).send(file.content),
      )
}
