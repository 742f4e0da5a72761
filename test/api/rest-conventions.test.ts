import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { basic, bearer, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, INTERNAL_SECRET, type RestApi, startRestApi } from '../support/rest-api.ts'
import { assertLittleWorkInSteps } from '../support/work.ts'

const WHO = '/_security/_authenticate'
const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const nobody = basic('nobody', 'nobody-password')
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putUser('nobody', { password: 'nobody-password', roles: ['lost'] })
})
after(() => api.close())

const get = (path: string, authorization = elastic) => callApi(api.address, path, { authorization })

/** A request as it is put on the wire: any method, any headers, a body with any of them. */
function send(method: string, path: string, headers: Record<string, string | number | string[]>, body = '') {
  return new Promise<{ status: number; headers: Record<string, unknown>; raw: readonly string[]; text: string }>(
    (resolve, reject) => {
      const sent = request(new URL(path, api.address), { method, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const { statusCode: status = 0, rawHeaders: raw } = answer
          resolve({ status, headers: answer.headers, raw, text: Buffer.concat(chunks).toString() })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    },
  )
}

// ---- authentication comes first ------------------------------------------------------------------------------------

test('without credentials nothing is told: not of paths, methods, parameters, bodies or types', async () => {
  const headers = { 'content-type': 'text/plain', 'content-length': 1 }
  const attempts = [
    send('GET', '/nothing', {}),
    send('POST', '/_bulk', { authorization: basic('nobody', 'wrong'), ...headers }, 'x'),
    send('POST', WHO, headers, 'x'),
    send('GET', '/%zz', {}),
    send('GET', `${WHO}?nothing&error_trace=maybe`, {}),
    send('POST', '/_security/oidc/prepare', { 'content-type': 'application/json', 'content-length': 1 }, '{'),
  ]
  for (const { status, headers: told, text } of await Promise.all(attempts)) {
    assert.equal(status, 401)
    assert.match(text, /"type":"security_exception"/)
    assert.equal(told['x-elastic-product'], undefined)
  }
})

test('two different values of a header that has one are refused, the same value twice is not', async () => {
  const twice = await send('GET', WHO, { Authorization: [elastic, nobody] })
  const error = 'multiple values for single-valued header [Authorization].'
  assert.deepEqual([twice.status, JSON.parse(twice.text)], [400, { error, status: 400 }])
  const asTwo = await send('GET', WHO, { authorization: elastic, 'ES-Security-RunAs-User': ['nobody', 'elastic'] })
  assert.equal(asTwo.status, 400)
  assert.match(asTwo.text, /single-valued header \[es-security-runas-user\]/)
  assert.equal((await send('GET', WHO, { authorization: [elastic, elastic] })).status, 200)
})

test('the text of a 401 has the URI with its query, and each challenge has a line of its own', async () => {
  const answer = await send('GET', `${WHO}?x=y`, {})
  const body = JSON.parse(answer.text) as { error: { reason: string; header: JsonObject } }
  assert.equal(body.error.reason, `missing authentication credentials for REST request [${WHO}?x=y]`)
  const challenges = answer.raw.filter((_value, index) => answer.raw[index - 1]?.toLowerCase() === 'www-authenticate')
  assert.deepEqual(challenges, ['Basic realm="security", charset="UTF-8"', 'Bearer realm="security"'])
  assert.deepEqual(body.error.header, { 'WWW-Authenticate': challenges })
})

test('each kind of bad credentials has its text', async () => {
  const cases = {
    'Basic no-base64!': 'invalid basic authentication header value',
    'ApiKey abc':
      'unable to authenticate with provided credentials and anonymous access is not allowed for this request',
    [basic('nobody', 'wrong')]: `unable to authenticate user [nobody] for REST request [${WHO}]`,
  }
  for (const [authorization, expected] of Object.entries(cases)) {
    assert.equal(reason(await get(WHO, authorization)), expected)
  }
})

test('everybody may ask who they are, also without roles; GET / needs monitor', async () => {
  assert.deepEqual((await get(WHO, nobody)).body, {
    username: 'nobody',
    roles: ['lost'],
    full_name: null,
    email: null,
    metadata: {},
    enabled: true,
    authentication_realm: { name: 'default_native', type: 'native' },
    lookup_realm: { name: 'default_native', type: 'native' },
    authentication_type: 'realm',
  })
  const root = await get('/', nobody)
  assert.equal(root.status, 403)
  assert.equal(root.headers.get('x-elastic-product'), null)
  assert.equal(
    reason(root),
    'action [cluster:monitor/main] is unauthorized for user [nobody] with effective roles []' +
      ' (assigned roles [lost] were not found), this action is granted by the cluster privileges [monitor,manage,all]',
  )
})

test('the portal of the same process is itself, and a secret that is not quite right is a token like any other', async () => {
  const { body } = await get(WHO, bearer(INTERNAL_SECRET))
  assert.equal(body['username'], 'ostiary/portal')
  assert.equal(body['authentication_type'], 'internal')
  const guess = await get(WHO, bearer(`${INTERNAL_SECRET.slice(0, -1)}1`))
  assert.equal(guess.status, 401)
})

// ---- routing -------------------------------------------------------------------------------------------------------

test('an unknown path is a 400 without status, for any method', async () => {
  for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND']) {
    const answer = await send(method, '/_nothing?x=1', { authorization: elastic })
    assert.equal(answer.status, 400)
    assert.deepEqual(JSON.parse(answer.text), {
      error: `no handler found for uri [/_nothing?x=1] and method [${method}]`,
    })
  }
})

test('a known path with another method is a 405 that names the methods', async () => {
  const answer = await send('PUT', '/_security/oauth2/token?x=y', { authorization: elastic })
  assert.equal(answer.status, 405)
  assert.equal(answer.headers['allow'], 'POST,DELETE')
  assert.deepEqual(JSON.parse(answer.text), {
    error: 'Incorrect HTTP method for uri [/_security/oauth2/token?x=y] and method [PUT], allowed: [POST, DELETE]',
    status: 405,
  })
})

test('HEAD is no kind of GET: the root has both, and elsewhere it is a 405 without body', async () => {
  const root = await send('HEAD', '/', { authorization: elastic })
  assert.equal(root.status, 200)
  assert.equal(root.text, '')
  const who = await send('HEAD', WHO, { authorization: elastic })
  assert.equal(who.status, 405)
  assert.equal(who.headers['allow'], 'GET')
  assert.equal(who.text, '')
})

test('OPTIONS tells the methods of a known path to anybody', async () => {
  const answer = await send('OPTIONS', '/', {})
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['allow'], 'GET,HEAD')
  assert.equal(answer.headers['content-type'], 'text/plain')
  assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch')
  assert.ok(answer.headers['x-request-id'])
  assert.equal(answer.text, '')
  assert.equal((await send('OPTIONS', '/nothing', {})).status, 400)
})

test('a slash at the end of a path makes no difference, and an escaped one is part of a name', async () => {
  assert.equal((await get(`${WHO}/`)).status, 200)
  const answer = await get('/_security/user/a%2Fb')
  assert.equal(answer.status, 404)
  assert.deepEqual(answer.body, {})
})

test('a broken escape in path or query is a 400', async () => {
  for (const path of ['/%zz', `${WHO}?pretty=%zz`, '/%C3']) {
    const answer = await get(path)
    assert.equal(answer.status, 400)
    assert.match(reason(answer), /escape sequence/)
  }
})

// ---- bodies and parameters -----------------------------------------------------------------------------------------

test('a body where none is read is refused', async () => {
  const headers = { authorization: elastic, 'content-type': 'application/json', 'content-length': 2 }
  const answer = await send('GET', `${WHO}?pretty=false`, headers, '{}')
  assert.equal(answer.status, 400)
  assert.match(answer.text, /"reason":"request \[GET \/_security\/_authenticate\] does not support having a body"/)
})

test('a body without or with another type is a 406, before it is looked at', async () => {
  const bare = await send('POST', '/_security/oauth2/token', { authorization: elastic, 'content-length': 1 }, '{')
  assert.equal(bare.status, 406)
  assert.deepEqual(JSON.parse(bare.text), { error: 'Content-Type header is missing', status: 406 })
  const strange = await send('GET', WHO, { authorization: elastic, 'content-type': 'json', 'content-length': 1 }, '{')
  assert.deepEqual(JSON.parse(strange.text), { error: 'Content-Type header [json] is not supported', status: 406 })
})

test('without a body its type does not matter', async () => {
  const headers = { authorization: elastic, 'content-type': 'json', 'content-length': 0 }
  assert.equal((await send('GET', WHO, headers)).status, 200)
  const empty = await send('POST', '/_security/oauth2/token', { ...headers, 'content-type': 'application/json' })
  assert.match(empty.text, /request body is required/)
})

test('A-34: a body beyond 1 MiB is a 413', async () => {
  const body = JSON.stringify({ grant_type: 'x'.repeat(1024 * 1024) })
  const answer = await callApi(api.address, '/_security/oauth2/token', { authorization: elastic, body })
  assert.equal(answer.status, 413)
  assert.deepEqual(answer.body, { error: 'Request body is too large', status: 413 })
})

test('an unknown parameter is refused after the body was read, and named with what may be meant', async () => {
  assert.equal(
    reason(await get(`${WHO}?prety`)),
    `request [${WHO}] contains unrecognized parameter: [prety] -> did you mean [pretty]?`,
  )
  const answer = await callApi(api.address, '/_security/oidc/prepare?x', { authorization: elastic, body: {} })
  assert.match(reason(answer), /one of \[realm, issuer\] must be provided/)
})

test('A-39: a parameter that occurs twice is refused', async () => {
  assert.equal(
    reason(await get(`${WHO}?pretty&pretty=false`)),
    `request [${WHO}]: parameter [pretty] occurs more than once`,
  )
})

// ---- the form of the answer ----------------------------------------------------------------------------------------

test('answers are JSON and nothing else, for no cache, and say of which kin they are', async () => {
  const { headers } = await get(WHO)
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('x-elastic-product'), 'Elasticsearch')
  assert.ok(Number(headers.get('content-length')) > 0)
})

test('the answer has the versioned type that was asked for', async () => {
  const type = 'application/vnd.elasticsearch+json;compatible-with=8'
  const answer = await send('GET', WHO, { authorization: elastic, accept: type })
  assert.equal(answer.headers['content-type'], type)
  const other = await send('GET', WHO, { authorization: elastic, accept: type.replace('8', '7') })
  assert.equal(other.status, 400)
  assert.match(other.text, /media_type_header_exception.*status_exception/)
})

test("the caller's id is echoed, else one is made", async () => {
  const own = await callApi(api.address, WHO, { authorization: elastic, opaqueId: 'my-id' })
  assert.equal(own.headers.get('x-opaque-id'), 'my-id')
  assert.equal(own.headers.get('x-request-id'), null)
  const [first, second] = [await get(WHO), await get('/nothing')]
  assert.match(first.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.notEqual(first.headers.get('x-request-id'), second.headers.get('x-request-id'))
})

test('an error full of line separators is not dear to show in pretty lines', async () => {
  const body = JSON.stringify({ ['\u2028'.repeat(60_000)]: 1 })
  const headers = { authorization: elastic, 'content-type': 'application/json' }
  await assertLittleWorkInSteps(500, async () => {
    assert.equal((await send('POST', '/_security/user/_has_privileges?pretty', headers, body)).status, 400)
  })
})

test('pretty is indented as Elasticsearch does it', async () => {
  const answer = await send('GET', '/?pretty&filter_path=name,version.number', { authorization: elastic })
  assert.equal(answer.text, '{\n  "name" : "node-1",\n  "version" : {\n    "number" : "9.4.0"\n  }\n}\n')
})

test('pretty leaves texts alone that look like fields', async () => {
  await api.putUser('odd', {
    password: 'odds-password',
    roles: [],
    metadata: { list: ['"a": b', 'c": "d'], 'k": ': 'v' },
  })
  const answer = await send('GET', `${WHO}?pretty`, { authorization: basic('odd', 'odds-password') })
  assert.deepEqual((JSON.parse(answer.text) as JsonObject)['metadata'], { list: ['"a": b', 'c": "d'], 'k": ': 'v' })
})

test('filter_path also filters errors', async () => {
  const answer = await get('/_security/user/x?nothing&filter_path=error.type,-status')
  assert.deepEqual(answer.body, { error: { type: 'illegal_argument_exception' } })
})

test('error_trace adds the stack to every error object, but never to a 401', async () => {
  const { body } = await get(`${WHO}?nothing&error_trace`)
  const error = body['error']
  assert.ok(isJsonObject(error) && Array.isArray(error['root_cause']))
  for (const one of [error, error['root_cause'][0]]) {
    assert.ok(isJsonObject(one))
    assert.match(JSON.stringify(one['stack_trace']), /unrecognized parameter[^]*at /)
  }
  const unknown = await callApi(api.address, `${WHO}?error_trace`)
  assert.equal(unknown.status, 401)
  assert.doesNotMatch(JSON.stringify(unknown.body), /stack_trace/)
})

test('A-29: markup in a request comes back inside a JSON string only', async () => {
  const answer = await send('GET', '/<script>alert(1)</script>?"><b>', { authorization: elastic })
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.deepEqual(Object.keys(JSON.parse(answer.text) as JsonObject), ['error'])
})

// ---- root and health -----------------------------------------------------------------------------------------------

test('GET / names node, cluster and version', async () => {
  const { body } = await get('/')
  assert.deepEqual(Object.keys(body), ['name', 'cluster_name', 'cluster_uuid', 'version', 'tagline'])
  assert.equal(body['cluster_uuid'], 'uuid-of-the-tests')
  assert.ok(isJsonObject(body['version']))
  assert.equal(body['version']['number'], '9.4.0')
  assert.equal(body['version']['build_flavor'], 'default')
})

test('the health is told while the store answers', async () => {
  const { status, body } = await get('/_cluster/health')
  assert.equal(status, 200)
  assert.equal(body['timed_out'], false)
})

test('without the store who is known is told a 503, who is to be looked up a 401 of our own fault', async () => {
  const alone = await startRestApi()
  try {
    await alone.closeStore()
    const body = { grant_type: 'client_credentials' }
    const authorization = bearer(INTERNAL_SECRET)
    const known = await callApi(alone.address, '/_security/oauth2/token', { authorization, body })
    assert.equal(known.status, 503)
    assert.equal(reason(known), 'unable to perform requested action')
    assert.equal(known.headers.get('retry-after'), '5')
    const unknown = await callApi(alone.address, '/', { authorization: elastic, opaqueId: 'my-id' })
    assert.equal(unknown.status, 401)
    assert.equal(reason(unknown), 'error attempting to authenticate request')
    assert.equal(unknown.headers.get('retry-after'), '5')
    const cause = { type: 'security_exception', reason: 'unable to perform requested action' }
    const { error } = unknown.body
    assert.ok(isJsonObject(error))
    assert.deepEqual(error['caused_by'], cause)
    assert.deepEqual(error['root_cause'], [cause])
    assert.deepEqual(Object.keys(error), ['root_cause', 'type', 'reason', 'caused_by', 'header'])
    const lines = alone.lines.filter((line) => line['log.level'] === 'error')
    assert.deepEqual(
      lines.map((line) => [line['message'], line['url.path']]),
      [
        ['a request failed', '/_security/oauth2/token'],
        ['a request failed', '/'],
      ],
    )
    assert.equal(lines[1]?.['http.request.id'], 'my-id')
  } finally {
    await alone.close()
  }
})
