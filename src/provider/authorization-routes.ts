import type { FastifyInstance } from 'fastify'
import { type HandToLibrary, sendRedirect } from './listener.ts'
import { checkParameterCount, formOf, queryOf, readParameters } from './parameters.ts'
import type { ParkedForms } from './parked-forms.ts'

/**
 * The authorization endpoint belongs to the library, but for one thing: a request by POST, which comes from another site
 * and so without our cookies, is parked and comes back as a GET. OpenID Connect Core 1.0 §3.1.2.1: both methods work.
 */
export function addAuthorizationRoutes(
  app: FastifyInstance,
  parts: { path: string; parkedForms: ParkedForms; handToLibrary: HandToLibrary },
): void {
  const { path, parkedForms, handToLibrary } = parts

  app.get(path, async (request, reply) => {
    const query = queryOf(request.raw.url ?? '')
    if (query.has('_r')) {
      const { _r: handle = '' } = readParameters(['_r'], query)
      const parked = request.method === 'HEAD' ? await parkedForms.look(handle) : await parkedForms.take(handle)
      request.raw.url = `${path}?${parked?.toString() ?? ''}`
    }
    reply.hijack()
    handToLibrary(request.raw, reply.raw)
  })

  app.post(path, async (request, reply) => {
    const form = new URLSearchParams([...queryOf(request.raw.url ?? ''), ...formOf(request.body)])
    checkParameterCount(form.toString())
    return sendRedirect(reply, `${path}?_r=${await parkedForms.park(form)}`)
  })
}
