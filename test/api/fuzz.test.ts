/**
 * Requests that nobody would send, to every endpoint that the API's document names: whatever comes, the answer is a JSON
 * object that blames the caller, and never the server. `OSTIARY_FUZZ_REQUESTS` asks for more of them.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { Pool } from 'undici'
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts'
import { basic, bearer, callApi } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const REQUESTS = Number(process.env['OSTIARY_FUZZ_REQUESTS'] ?? 20_000)
const AT_ONCE = 50
const ADMIN = basic('admin', 'admins-password')
const JOE = basic('joe', 'joes-password')

let api: RestApi
let pool: Pool
let endpoints: Endpoint[]
const rejections: unknown[] = []
const keepRejection = (reason: unknown) => rejections.push(reason)

interface Endpoint {
  readonly path: string
  readonly fields: readonly string[]
}

interface FuzzedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
}

before(async () => {
  api = await startRestApi()
  await api.putRole('reader', { cluster: ['read_security'], run_as: ['ann'] })
  await api.putUser('admin', { password: 'admins-password', roles: ['superuser'] })
  await api.putUser('joe', { password: 'joes-password', roles: ['reader'] })
  // Nobody here has this password, and to find that out costs little.
  await api.putUser('ann', { password_hash: `$2a$04$${'.'.repeat(53)}`, roles: [] })
  pool = new Pool(api.address, { connections: 20 })
  endpoints = await listEndpoints()
  process.on('unhandledRejection', keepRejection)
})
after(async () => {
  process.removeListener('unhandledRejection', keepRejection)
  await pool.close()
  await api.close()
})

test(`${REQUESTS} requests of any kind are answered with JSON, and none with a fault of the server`, async () => {
  const statuses = new Map<number, number>()
  const outcome = await fc.check(
    fc.asyncProperty(fc.array(buildRequests(), { minLength: AT_ONCE, maxLength: AT_ONCE }), async (requests) => {
      const answered = await Promise.all(requests.map((request) => checkAnswer(request)))
      for (const status of answered) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }),
    { numRuns: Math.ceil(REQUESTS / AT_ONCE), endOnFailure: true },
  )
  // Of a batch that fails only the request that did it is told.
  if (outcome.failed)
    throw new Error(`seed ${outcome.seed}, path ${outcome.counterexamplePath}`, { cause: outcome.errorInstance })
  for (const status of [200, 400, 401, 403, 404, 405, 406]) {
    assert.ok((statuses.get(status) ?? 0) > 0, `no request came as far as a ${status}`)
  }
  assert.deepEqual(rejections, [])
  assert.deepEqual(
    api.lines.filter((line) => line['log.level'] === 'error'),
    [],
  )
})

async function checkAnswer({ method, path, headers, body }: FuzzedRequest): Promise<number> {
  // After a HEAD, the client would hang up by itself.
  const answer = await pool.request({ method, path, headers, reset: false, ...(body !== undefined && { body }) })
  const text = await answer.body.text()
  const told = `${method} ${path} ${JSON.stringify(headers)} ${body} -> ${answer.statusCode} ${text.slice(0, 500)}`
  assert.ok(answer.statusCode < 500, told)
  if (method === 'HEAD' || (method === 'OPTIONS' && answer.statusCode === 200)) {
    assert.equal(text, '', told)
    return answer.statusCode
  }
  const json = JSON.parse(text) as Json
  assert.ok(isJsonObject(json), told)
  assert.match(String(answer.headers['content-type']), /^application\/(?:vnd\.elasticsearch\+)?json(?:;|$)/, told)
  const isError = answer.statusCode >= 400 && answer.statusCode !== 404
  if (isError && !path.includes('filter_path')) assert.ok('error' in json || 'errors' in json, told)
  return answer.statusCode
}

// ---- what is sent --------------------------------------------------------------------------------------------------

const WORDS = [
  '',
  '*',
  '_all',
  '-',
  'a',
  'joe',
  'ann',
  'reader',
  'superuser',
  'all',
  'monitor',
  'read',
  'password',
  'refresh_token',
  'client_credentials',
  '_kerberos',
  'app:read',
  'myapp',
  'Ä€😀',
  '\u0000',
  '%',
  '/',
  '..',
  '__proto__',
  'constructor',
  'logs-*',
  '/[a-z]+/',
  '/~(a/',
  '$2a$10$',
  'true',
  '1e999',
  'a,b,,a',
  'x'.repeat(2000),
]

const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 12 }))
const scalar = fc.oneof(word, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))
const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(word, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any

const INNER = [
  'names',
  'privileges',
  'query',
  'field_security',
  'grant',
  'except',
  'application',
  'resources',
  'actions',
  'any',
  'all',
  'field',
  'username',
  'groups',
  'bool',
  'term',
  'terms',
  'prefix',
  'wildcard',
  'ids',
  'values',
  'exists',
  'match_all',
  'must',
  'template',
  'source',
  'format',
  'clusters',
  'allow_restricted_indices',
  'metadata',
]

/** Objects as the readers expect them, nearly. */
const structure = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(word, { maxLength: 3 }),
    fc.array(tie('any'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...INNER), tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any

function buildRequests(): fc.Arbitrary<FuzzedRequest> {
  return fc.constantFrom(...endpoints).chain(({ path, fields }) =>
    fc.record({
      method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'PUT', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'),
      path: fc.tuple(buildPath(path), buildQuery()).map((parts) => parts.join('')),
      headers: buildHeaders(path),
      body: buildBody(fields),
    }),
  )
}

function buildPath(path: string): fc.Arbitrary<string> {
  const parts = path.split(/\{\w+\}/)
  const names = fc.array(fc.oneof({ weight: 9, arbitrary: word.map(encode) }, { weight: 1, arbitrary: broken }), {
    minLength: parts.length - 1,
    maxLength: parts.length - 1,
  })
  return names.map((filled) => parts.map((part, index) => part + (filled[index] ?? '')).join(''))
}

const broken = fc.constantFrom('%', '%zz', '%C3', '%2F%00', 'a/b')

function buildQuery(): fc.Arbitrary<string> {
  const names = fc.constantFrom(
    'pretty',
    'human',
    'error_trace',
    'filter_path',
    'format',
    'refresh',
    'source',
    'source_content_type',
    'usernames',
    'x',
  )
  const parameter = fc.tuple(names, fc.oneof(word.map(encode), broken)).map((pair) => pair.join('='))
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.array(parameter, { maxLength: 3 }).map((all) => `?${all.join('&')}`) },
  )
}

function buildHeaders(path: string): fc.Arbitrary<Record<string, string>> {
  const sender = path === '/_security/user/_password' ? JOE : ADMIN
  const authorization = fc.oneof(
    { weight: 1000, arbitrary: fc.constant(sender) },
    { weight: 200, arbitrary: fc.constant(JOE) },
    {
      weight: 50,
      arbitrary: fc.constantFrom('', 'Basic x', 'Bearer', bearer('x'), bearer('!'.repeat(50)), 'ApiKey eA=='),
    },
    { weight: 3, arbitrary: fc.constant(basic('ann', 'wrong')) },
    { weight: 1, arbitrary: fc.constant(basic('nobody', 'wrong')) },
  )
  const optional = {
    accept: fc.constantFrom(
      '*/*',
      'application/json',
      'text/plain',
      'application/vnd.elasticsearch+json;compatible-with=9',
    ),
    'es-security-runas-user': fc.constantFrom('', 'ann', 'joe', 'nobody'),
    'x-opaque-id': fc.constantFrom('', 'id', 'x'.repeat(200)),
  }
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('text/plain', 'application/vnd.elasticsearch+json;compatible-with=7', 'x'),
    },
  )
  return fc
    .tuple(
      fc.record({ authorization, 'content-type': type }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.record(optional, { requiredKeys: [] }) },
      ),
    )
    .map(([always, sometimes]) => Object.assign(always, sometimes))
}

function buildBody(fields: readonly string[]): fc.Arbitrary<string | undefined> {
  const expected = fields.length === 0 ? word : fc.constantFrom(...fields)
  const near = fc.dictionary(expected, fc.oneof(structure, value), { maxKeys: 5, noNullPrototype: true })
  return fc.oneof(
    { weight: 12, arbitrary: near.map((body) => JSON.stringify(body)) },
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: value.map((body) => JSON.stringify(body)) },
    {
      weight: 1,
      arbitrary: fc.oneof(word, fc.constantFrom('{', '[[', '{"a":1,"a":2}', '['.repeat(5000), '"\\ud800"')),
    },
  )
}

/** As text in a URL; half a surrogate pair has none. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

async function listEndpoints(): Promise<Endpoint[]> {
  const { body } = await callApi(api.address, '/_ostiary/openapi.json', {
    authorization: basic('elastic', BOOTSTRAP_PASSWORD),
  })
  const { paths } = body
  assert.ok(isJsonObject(paths))
  return Object.entries(paths).map(([path, operations]) => ({
    path,
    fields: isJsonObject(operations) ? [...new Set(Object.values(operations).flatMap(listFields))] : [],
  }))
}

function listFields(operation: Json): string[] {
  let at: Json | undefined = operation
  for (const key of ['requestBody', 'content', 'application/json', 'schema', 'properties']) {
    at = isJsonObject(at) ? at[key] : undefined
  }
  return isJsonObject(at) ? Object.keys(at satisfies JsonObject) : []
}
