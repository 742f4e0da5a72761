import type { FastifyInstance, HTTPMethods } from 'fastify'

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Answers 405 at a path for every method but these. RFC 9110 §15.5.6. */
export function allowOnly(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const others = METHODS.filter((method) => !allowed.includes(method))
  app.route({
    method: others,
    url,
    exposeHeadRoute: false,
    // Before the body is read: its content does not matter.
    onRequest: async (_request, reply) => {
      reply.header('allow', allowed.join(', '))
      throw new MethodNotAllowed('this method is not allowed here')
    },
    handler: async () => {},
  })
}

class MethodNotAllowed extends Error {
  readonly statusCode = 405
}
