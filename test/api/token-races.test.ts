import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { basic, bearer, callApi, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const authorization = basic('elastic', BOOTSTRAP_PASSWORD)
const PATH = '/_security/oauth2/token'
const CALLERS = 200
let api: RestApi

before(async () => {
  api = await startRestApi()
})
after(() => api.close())

const atOnce = <Result>(call: () => Promise<Result>) => Promise.all(Array.from({ length: CALLERS }, call))

async function issue(): Promise<{ access: string; refresh: string }> {
  const body = { grant_type: 'password', username: 'elastic', password: BOOTSTRAP_PASSWORD }
  const answer = await callApi(api.address, PATH, { authorization, body })
  return { access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

test(`${CALLERS} parallel refreshes of one token give one new pair`, async () => {
  const { refresh } = await issue()
  const body = { grant_type: 'refresh_token', refresh_token: refresh }
  const answers = await atOnce(() => callApi(api.address, PATH, { authorization, body }))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const pairs = new Set(answers.map((answer) => `${text(answer, 'access_token')} ${text(answer, 'refresh_token')}`))
  assert.equal(pairs.size, 1)
  const [pair = ''] = pairs
  const who = await callApi(api.address, '/_security/_authenticate', {
    authorization: bearer(pair.split(' ')[0] ?? ''),
  })
  assert.equal(who.status, 200)
  const alive = await callApi(api.address, PATH, { method: 'DELETE', authorization, body: { username: 'elastic' } })
  assert.equal(alive.body['invalidated_tokens'], 4, 'both sides of the first pair and of its one successor')
})

test(`${CALLERS} parallel invalidations of one token count once`, async () => {
  const { access } = await issue()
  const answers = await atOnce(() =>
    callApi(api.address, PATH, { method: 'DELETE', authorization, body: { token: access } }),
  )
  const count = (field: string) => answers.reduce((sum, { body }) => sum + Number(body[field]), 0)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(count('invalidated_tokens'), 1)
  assert.equal(count('previously_invalidated_tokens'), CALLERS - 1)
  assert.equal((await callApi(api.address, '/_security/_authenticate', { authorization: bearer(access) })).status, 401)
})

test(`${CALLERS} parallel invalidations of all tokens of a user count each side once`, async () => {
  await issue()
  await issue()
  const body = { username: 'elastic', realm_name: 'reserved' }
  const answers = await atOnce(() => callApi(api.address, PATH, { method: 'DELETE', authorization, body }))
  const invalidated = answers.reduce((sum, answer) => sum + Number(answer.body['invalidated_tokens']), 0)
  // The refresh token of the pair whose access token was invalidated above is still alive.
  assert.equal(invalidated, 5)
})
