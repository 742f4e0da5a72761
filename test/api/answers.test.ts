/** Answers in other forms: compressed, and to a body that stands in the query. */
import assert from 'node:assert/strict'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { basic, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const authorization = basic('elastic', BOOTSTRAP_PASSWORD)
let api: RestApi

before(async () => {
  api = await startRestApi()
})
after(() => api.close())

/** A GET whose answer nobody decodes. */
async function getRaw(path: string, acceptEncoding: string) {
  const headers = { authorization, 'accept-encoding': acceptEncoding }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request(api.address + path, { headers }, resolve)
    .on('error', reject)
    .end()
  const answer = await promise
  return { headers: answer.headers, body: await buffer(answer) }
}

test('a large answer is compressed for those who ask, and its length is told', async () => {
  const { headers, body } = await getRaw('/_security/role', 'deflate, gzip;q=0.5')
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(headers['content-length'], String(body.length))
  assert.equal(headers['content-type'], 'application/json')
  assert.ok('superuser' in (JSON.parse(gunzipSync(body).toString()) as object))
})

test('nothing is compressed for those who do not ask, and no small answer', async () => {
  for (const [path, encoding] of [
    ['/_security/role', 'identity'],
    ['/_security/role', 'gzip;q=0'],
    ['/_security/role', 'br, *;q=0'],
    ['/', 'gzip'],
  ] as const) {
    const { headers, body } = await getRaw(path, encoding)
    assert.equal(headers['content-encoding'], undefined, `${path} ${encoding}`)
    assert.equal(headers['content-length'], String(body.length))
    JSON.parse(body.toString())
  }
})

test('a GET may have a body, where one is read', async () => {
  const get = async (path: string, sent: string, contentType = 'application/json') => {
    const headers = { authorization, 'content-type': contentType, 'content-length': String(sent.length) }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request(api.address + path, { headers }, resolve)
      .on('error', reject)
      .end(sent)
    const answer = await promise
    return { status: answer.statusCode, text: (await buffer(answer)).toString() }
  }
  const path = '/_security/user/_has_privileges'
  const checked = await get(path, '{"cluster":["all"]}')
  assert.equal(checked.status, 200)
  assert.match(checked.text, /"has_all_requested":true/)
  assert.match((await get(path, '{"cluster":')).text, /x_content_e_o_f_exception/)
  assert.match((await get(path, '')).text, /request body is required/)
  assert.equal((await get(path, 'a=b', 'text/plain')).status, 406)
  const found = await get('/_security/_query/user', '{"query":{"term":{"username":"nobody"}}}')
  assert.equal(found.text, '{"total":0,"count":0,"users":[]}')
  const refused = await get('/_security/_authenticate', '{}')
  assert.match(refused.text, /request \[GET \/_security\/_authenticate\] does not support having a body/)
  const source = encodeURIComponent('{"cluster":["all"]}')
  const inQuery = await get(`${path}?source=${source}&source_content_type=application/json`, '')
  assert.equal(inQuery.status, 200)
})

test('a GET may have its body in the query', async () => {
  const path = '/_security/user/_has_privileges'
  const source = encodeURIComponent('{"cluster":["all"]}')
  const get = (query: string) => callApi(api.address, `${path}?${query}`, { authorization })
  const answer = await get(`source=${source}&source_content_type=application/json`)
  assert.equal(answer.status, 200)
  assert.equal(answer.body['has_all_requested'], true)
  assert.equal(reason(await get(`source=${source}`)), 'source and source_content_type parameters are required')
  assert.equal(
    reason(await get(`source=${source}&source_content_type=text/plain`)),
    'Unknown value for source_content_type [text/plain]',
  )
  assert.equal((await get('source={&source_content_type=application/json')).status, 400)
  assert.equal(reason(await get('')), 'request body is required')
  const where = await callApi(api.address, `/_security/_authenticate?source=${source}`, { authorization })
  assert.match(reason(where), /contains unrecognized parameter: \[source\]/)
})

test('without detailed errors an error has type and reason only, and a trace is refused to who is known', async (t) => {
  const plain = await startRestApi({ detailedErrors: false })
  t.after(() => plain.close())
  const call = (path: string, caller?: string) =>
    callApi(plain.address, path, caller === undefined ? {} : { authorization: caller })
  assert.deepEqual((await call('/_security/user?x=1', authorization)).body, {
    error: {
      type: 'illegal_argument_exception',
      reason: 'request [/_security/user] contains unrecognized parameter: [x]',
    },
    status: 400,
  })
  for (const path of ['/_security/user?error_trace=true', '/_security/role?error_trace']) {
    assert.deepEqual((await call(path, authorization)).body, {
      error: 'error traces in responses are disabled.',
      status: 400,
    })
  }
  assert.equal((await call('/_security/user?error_trace=false', authorization)).status, 200)
  const unknown = await call('/_security/user?error_trace=true')
  assert.equal(unknown.status, 401)
  assert.match(unknown.headers.get('www-authenticate') ?? '', /^Basic realm/)
})
