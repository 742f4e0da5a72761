/** The pages, and the files that they load. */
import type { FastifyInstance } from 'fastify'
import { stylesheet } from '../pages/style.ts'
import { sendPage } from './answer.ts'
import { renderAccountPage } from './account-page.ts'
import { findMessage } from './messages.ts'
import { readNext, readTarget } from './next.ts'
import type { PortalParts } from './parts.ts'
import { buildProfile, usernameOf } from './profile.ts'
import { renderCapturePage } from './relay-pages.ts'
import { scripts } from './scripts.ts'
import { renderLoggedOutPage, renderOverwrittenPage, renderUnauthenticatedPage } from './session-pages.ts'
import { userOf, visitRules } from './visit.ts'

export function addPageRoutes(app: FastifyInstance, { settings, sessions, clock }: PortalParts): void {
  const { basePath } = settings
  const required = visitRules({ access: 'required' })

  app.get('/', required, async (_request, reply) => reply.redirect(`${basePath}/security/account`))

  app.get('/security/account', required, async (request, reply) => {
    const user = userOf(request)
    const { session } = user
    const page = renderAccountPage({
      basePath,
      profile: buildProfile(user),
      session: session && { times: session.record, deadlines: sessions.deadlines(session) },
      now: clock(),
    })
    return sendPage(reply, page)
  })

  app.get('/security/overwritten_session', required, async (request, reply) => {
    const next = readTarget(request.visit.query.get('next'), undefined, basePath)
    const username = usernameOf(userOf(request).profile)
    return sendPage(reply, renderOverwrittenPage({ basePath, next, username }))
  })

  for (const path of ['/security/logged_out', '/logged_out'])
    app.get(path, visitRules({ access: 'optional' }), async (request, reply) => {
      const { visitor, query } = request.visit
      if (visitor.kind === 'user') return reply.redirect(`${basePath}/`)
      const next = readTarget(query.get('next'), undefined, basePath)
      const message = findMessage(query.get('msg'))
      return sendPage(reply, renderLoggedOutPage({ basePath, next, message }))
    })

  app.get('/security/unauthenticated', visitRules({ access: 'none' }), async (request, reply) => {
    const next = readTarget(request.visit.query.get('next'), undefined, basePath)
    return sendPage(reply, renderUnauthenticatedPage({ basePath, next }))
  })

  app.get(
    '/internal/security/capture-url',
    visitRules({ access: 'none', page: true, noReferrer: true }),
    async (request, reply) => {
      const next = readNext(request.visit.query.get('next'), basePath)
      return sendPage(reply, renderCapturePage(next, basePath))
    },
  )

  const files = [
    { ...stylesheet, type: 'text/css; charset=utf-8' },
    ...scripts.map(({ path, content }) => ({ path, content, type: 'text/javascript; charset=utf-8' })),
  ]
  for (const { path, content, type } of files)
    app.get(path, visitRules({ access: 'none' }), async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=31536000, immutable').type(type).send(content),
    )
}
