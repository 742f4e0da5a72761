import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { basic, callApi, ELASTIC, FACILITATOR, reason } from '../support/api-call.ts'
import { type Program, startProgram } from '../support/program.ts'
import vectors from '../vectors/bad-requests.json' with { type: 'json' }

interface Case {
  readonly name: string
  readonly path: string
  readonly method?: string
  readonly contentType?: string
  /** An object is sent as JSON, a string as it is. */
  readonly body?: JsonObject | string
  readonly status: number
  readonly type?: string
  readonly reason?: string
  readonly reasonHas?: readonly string[]
  readonly causedBy?: string
  /** The whole error where it is a text. */
  readonly error?: string
}

let program: Program
before(async () => (program = await startProgram()))
after(() => program.remove())

for (const { name, path, status, ...vector } of vectors.cases as Case[]) {
  test(`${name} is answered with ${status} and says what is wrong`, async () => {
    const here = (text: string) => text.replaceAll('PROVIDER', program.provider)
    const body = typeof vector.body === 'object' ? here(JSON.stringify(vector.body)) : vector.body
    const answer = await callApi(program.api, path, {
      authorization: FACILITATOR,
      method: vector.method ?? 'POST',
      ...(body !== undefined && { body }),
      ...(vector.contentType !== undefined && { contentType: vector.contentType }),
    })
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    const { error } = answer.body
    if (vector.error !== undefined) return assert.equal(error, vector.error)

    assert.ok(isJsonObject(error))
    assert.equal(answer.body['status'], status)
    assert.equal(error['type'], vector.type)
    if (vector.reason !== undefined) assert.equal(reason(answer), here(vector.reason))
    for (const part of vector.reasonHas ?? []) {
      assert.ok(reason(answer).includes(part), `${part} is not in: ${reason(answer)}`)
    }
    if (vector.causedBy !== undefined) {
      assert.ok(isJsonObject(error['caused_by']))
      assert.equal(error['caused_by']['type'], vector.causedBy)
    }
  })
}

test('a caller without credentials learns nothing, not even that a path is not there', async () => {
  for (const path of ['/_security/oidc/prepare', '/nothing/here']) {
    const answer = await callApi(program.api, path, { body: '{' })
    assert.equal(answer.status, 401)
    assert.equal(reason(answer), `missing authentication credentials for REST request [${path}]`)
    assert.match(answer.headers.get('www-authenticate') ?? '', /Basic realm="security".*Bearer realm="security"/)
    assert.equal(answer.headers.get('x-elastic-product'), null)
  }
})

test('a wrong password names the user and nothing else', async () => {
  const answer = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: basic('facilitator', 'wrong-password'),
    body: { realm: 'oidc1' },
  })
  assert.equal(answer.status, 401)
  assert.equal(reason(answer), 'unable to authenticate user [facilitator] for REST request [/_security/oidc/prepare]')
})

test('a caller who may not prepare a login is told which privileges would do', async () => {
  const put = await callApi(program.api, '/_security/user/visitor', {
    authorization: ELASTIC,
    body: { password: 'visitor-password', roles: ['example_role'] },
  })
  assert.deepEqual(put.body, { created: true })
  const answer = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: basic('visitor', 'visitor-password'),
    body: { realm: 'oidc1' },
  })
  assert.equal(answer.status, 403)
  assert.equal(
    reason(answer),
    'action [cluster:admin/xpack/security/oidc/prepare] is unauthorized for user [visitor] with effective roles ' +
      '[example_role], this action is granted by the cluster privileges [manage_oidc,manage_security,all]',
  )
})
