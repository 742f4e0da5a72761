import type { FastifyServerOptions } from 'fastify'

/**
 * For every server on Fastify: no route has a JSON schema, so the framework's compilers of schemas are not loaded. They
 * would be a tenth of a start, and some megabytes.
 */
export const WITHOUT_SCHEMAS: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
}

function refuseSchema(): never {
  throw new TypeError('a route has a JSON schema: what it takes is read by hand')
}
