/** Who is signed in and for how long, for programs. */
import type { FastifyInstance } from 'fastify'
import { canBeExtended, nearestDeadline } from './deadlines.ts'
import type { PortalParts } from './parts.ts'
import { buildProfile } from './profile.ts'
import { userOf, visitRules } from './visit.ts'

const SESSION = '/internal/security/session'

export function addSessionRoutes(app: FastifyInstance, { settings, sessions, clock }: PortalParts): void {
  const required = visitRules({ access: 'required' })

  app.get('/internal/security/me', required, async (request, reply) => reply.send(buildProfile(userOf(request))))

  app.get(SESSION, required, async (request, reply) => {
    const { session, provider } = userOf(request)
    if (session === undefined) return reply.code(204).send()
    const deadlines = sessions.deadlines(session)
    const nearest = nearestDeadline(deadlines)
    return {
      expiresInMs: nearest === undefined ? null : Math.max(0, Math.round((nearest.at - clock()) * 1000)),
      canBeExtended: canBeExtended(deadlines),
      provider: { type: provider.type, name: provider.name },
      ...(nearest !== undefined && { expirationReason: nearest.reason }),
    }
  })

  // That it was asked for has extended the session already.
  app.post(SESSION, visitRules({ access: 'required', extendsSession: true }), async (_request, reply) =>
    reply.redirect(`${settings.basePath}${SESSION}`),
  )
}
