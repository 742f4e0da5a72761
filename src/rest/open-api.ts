/**
 * `GET /_ostiary/openapi.json`: all routes as an OpenAPI 3.1 document, made from the routes themselves. It is for whoever
 * may call them, so it is behind the authentication like everything else.
 */
import type { JsonObject } from '../kernel/json.ts'
import { METHODS, defineRoute, type Route } from './route.ts'

const JSON_TYPE = 'application/json'

/** @param version of the API that is spoken */
export function buildOpenApiRoute(routes: readonly Route[], version: string): Route {
  const itself: Route = defineRoute({
    summary: 'This document',
    methods: ['GET'],
    path: '/_ostiary/openapi.json',
    read: () => undefined,
    action: () => 'cluster:monitor/openapi',
    onOwnAccount: () => true,
    act: async () => ({ body: document }),
  })
  const document = buildOpenApi([...routes, itself], version)
  return itself
}

export function buildOpenApi(routes: readonly Route[], version: string): JsonObject {
  const paths = Map.groupBy(routes, ({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ostiary',
      // The major version: what callers rely on.
      version: version.split('.', 1)[0] ?? version,
      description: "The security REST API of Elasticsearch, with Ostiary's own calls under /_ostiary.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ basic: [] }, { bearer: [] }],
    paths: Object.fromEntries(
      [...paths].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, group]) => [path, describePath(path, group)]),
    ),
    components: COMPONENTS,
  }
}

function describePath(path: string, routes: readonly Route[]): JsonObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const parameters = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const operations = METHODS.flatMap((method) => {
    const route = routes.find(({ methods }) => methods.includes(method))
    return route === undefined ? [] : [[method.toLowerCase(), describeOperation(route)] as const]
  })
  return { ...(parameters.length === 0 ? {} : { parameters }), ...Object.fromEntries(operations) }
}

function describeOperation({ summary, parameters = [], body, fields }: Route): JsonObject {
  const own = parameters.map((name) => ({ name, in: 'query', schema: { type: 'string' } }))
  return {
    summary,
    parameters: [...own, ...Object.keys(PARAMETERS).map((name) => ({ $ref: `#/components/parameters/${name}` }))],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body === 'required',
            content: { [JSON_TYPE]: { schema: { type: 'object', properties: fields ?? {} } } },
          },
        }),
    responses: {
      '200': { description: 'Done', content: { [JSON_TYPE]: { schema: { type: 'object' } } } },
      '400': { $ref: '#/components/responses/BadRequest' },
      '401': { $ref: '#/components/responses/Unauthenticated' },
      '403': { $ref: '#/components/responses/Unauthorized' },
    },
  }
}

/** Those that every route takes. */
const PARAMETERS: JsonObject = {
  pretty: describeFlag('pretty', 'Indented'),
  error_trace: describeFlag('error_trace', 'With the stack in errors other than a 401'),
  filter_path: {
    name: 'filter_path',
    in: 'query',
    description: 'The parts of the answer that are wanted: paths with * and **, a leading - takes away',
    schema: { type: 'string' },
  },
  runAs: {
    name: 'es-security-runas-user',
    in: 'header',
    description: 'Act as this user',
    schema: { type: 'string' },
  },
}

const COMPONENTS: JsonObject = {
  securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } },
  parameters: PARAMETERS,
  responses: {
    BadRequest: describeError('The request is wrong'),
    Unauthenticated: describeError('Nobody is known by these credentials'),
    Unauthorized: describeError('The caller may not do this'),
  },
  schemas: {
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          oneOf: [
            { type: 'string' },
            {
              type: 'object',
              required: ['root_cause', 'type', 'reason'],
              properties: {
                root_cause: { type: 'array', items: { type: 'object' } },
                type: { type: 'string' },
                reason: { type: 'string' },
              },
            },
          ],
        },
        error_description: { type: 'string' },
        status: { type: 'integer' },
      },
    },
  },
}

function describeFlag(name: string, description: string): JsonObject {
  return { name, in: 'query', description, schema: { type: 'boolean' } }
}

function describeError(description: string): JsonObject {
  return { description, content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Error' } } } }
}
