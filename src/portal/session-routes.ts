/** Who is signed in and for how long, for programs. */
import type { FastifyInstance } from 'fastify'
import { isJsonObject } from '../kernel/json.ts'
import { END_SESSIONS } from './account-sessions.ts'
import { checkKeys, readText } from './body.ts'
import { canBeExtended, nearestDeadline } from './deadlines.ts'
import type { PortalParts } from './parts.ts'
import { PortalError, badRequest } from './portal-error.ts'
import { buildProfile } from './profile.ts'
import type { ApiUser } from './security-api.ts'
import type { Match } from './session-records.ts'
import { type User, userOf, visitRules } from './visit.ts'

const SESSION = '/internal/security/session'

export function addSessionRoutes(app: FastifyInstance, parts: PortalParts): void {
  const { settings, sessions, records, visitors, api, audit, clock } = parts
  const required = visitRules({ access: 'required' })

  // Who is recalled is the same value at each request.
  const profiles = new WeakMap<User, string>()
  app.get('/internal/security/me', required, (request, reply) => {
    const user = userOf(request)
    const profile = profiles.get(user) ?? JSON.stringify(buildProfile(user))
    profiles.set(user, profile)
    void reply.type('application/json; charset=utf-8').send(profile)
  })

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

  // From the account page: one of this user's sessions, or all but this one.
  app.post(END_SESSIONS, visitRules({ access: 'required', form: true }), async (request, reply) => {
    const { session } = userOf(request)
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
    const [id, othersThan] = [form.get('session'), form.get('others')]
    if (session === undefined || (id === null) === (othersThan === null))
      throw badRequest('expected either [session] or [others]')
    // The page may be of somebody who was signed in here before: it has no say about the sessions of who is now.
    if (othersThan === null || othersThan === session.record.id) {
      const { provider, username } = session.content.signIn
      const match = { provider, username, except: session.record.id, ...(id !== null && { id }) }
      for (const record of await records.endMatching(match))
        audit.signedOut(record, 'invalidated', { username, referenceId: request.id })
    }
    return reply.redirect(`${settings.basePath}/security/account`, 303)
  })

  app.post('/api/security/session/_invalidate', visitRules({ access: 'required' }), async (request) => {
    const match = readMatch(request.body)
    const ask = (as: ApiUser) => api.findMissing(as, ['all'], request.id)
    const missing = await visitors.askAsUser(userOf(request), request, ask)
    if (missing.length > 0) throw new PortalError('forbidden', 'ending sessions needs the cluster privilege [all]')
    const ended = await records.endMatching(match)
    for (const record of ended)
      if (record.provider !== undefined) audit.signedOut(record, 'invalidated', { referenceId: request.id })
    return { total: ended.length }
  })
}

/** The body of `_invalidate`. */
function readMatch(body: unknown): Match {
  if (!isJsonObject(body)) throw badRequest('[request body]: expected a plain object value')
  checkKeys(body, ['match', 'query'], 'request body')
  const { match, query } = body
  if (match !== 'all' && match !== 'query')
    throw badRequest('[request body.match]: expected one of [all, query], and nothing else')
  if (match === 'all') {
    if (query !== undefined) throw badRequest("[request body.query]: a value wasn't expected to be present")
    return {}
  }
  if (!isJsonObject(query)) throw badRequest('[request body.query]: expected a plain object value')
  checkKeys(query, ['provider', 'username'], 'request body.query')
  const { provider } = query
  const at = 'request body.query'
  if (!isJsonObject(provider)) throw badRequest(`[${at}.provider]: expected a plain object value`)
  checkKeys(provider, ['type', 'name'], `${at}.provider`)
  return {
    provider: {
      type: readText(provider, 'type', `${at}.provider`),
      ...(provider['name'] !== undefined && { name: readText(provider, 'name', `${at}.provider`) }),
    },
    ...(query['username'] !== undefined && { username: readText(query, 'username', at) }),
  }
}
