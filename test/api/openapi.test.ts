import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts'
import { basic, callApi } from '../support/api-call.ts'
import { OPENAPI_FILE } from '../support/openapi-reference.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const authorization = basic('elastic', BOOTSTRAP_PASSWORD)
const EXAMPLES: Readonly<Record<string, Json>> = { string: 'text', boolean: true, integer: 1, object: {}, array: [] }
/** Its fields are names of the caller's own. */
const OF_ANY_FIELDS = '/_security/privilege'
let api: RestApi
let document: JsonObject

before(async () => {
  api = await startRestApi()
  document = (await callApi(api.address, '/_ostiary/openapi.json', { authorization })).body
})
after(() => api.close())

test('docs/openapi.json is what the API serves (npm run docs)', () => {
  assert.deepEqual(JSON.parse(readFileSync(OPENAPI_FILE, 'utf8')), document)
})

test('everybody who is known may read the document, nobody else', async () => {
  await api.putUser('joe', { password: 'joes-password', roles: [] })
  const path = '/_ostiary/openapi.json'
  assert.equal((await callApi(api.address, path, { authorization: basic('joe', 'joes-password') })).status, 200)
  assert.equal((await callApi(api.address, path)).status, 401)
})

test('every path of the document is there, with exactly the methods that it names', async () => {
  for (const [path, operations] of Object.entries(pathsOf(document))) {
    const answer = await fetch(api.address + fill(path), { method: 'OPTIONS' })
    assert.equal(answer.status, 200, path)
    const named = Object.keys(operations).filter((key) => key !== 'parameters')
    assert.deepEqual((answer.headers.get('allow') ?? '').toLowerCase().split(',').sort(), named.sort(), path)
  }
})

test('the fields that the document names are those that are read, and no others are', async () => {
  for (const [path, operations] of Object.entries(pathsOf(document))) {
    for (const [method, operation] of Object.entries(operations)) {
      const fields = listFields(operation)
      if (fields === undefined || method === 'get' || path === OF_ANY_FIELDS) continue
      const send = async (body: JsonObject) =>
        JSON.stringify(
          (await callApi(api.address, fill(path), { method: method.toUpperCase(), authorization, body })).body,
        )
      assert.match(
        await send({ nonsense_field: 1 }),
        /un(?:known|expected) field \[nonsense_field\]/,
        `${method} ${path}`,
      )
      for (const [name, type] of Object.entries(fields)) {
        const refused = new RegExp(
          `un(?:known|expected) field \\[${name}\\]|${name} doesn't support|\\[${name}\\] to be of`,
        )
        assert.doesNotMatch(await send({ [name]: EXAMPLES[type] ?? null }), refused, `${method} ${path} ${name}`)
      }
    }
  }
})

function pathsOf({ paths }: JsonObject): Record<string, JsonObject> {
  assert.ok(isJsonObject(paths))
  return paths as Record<string, JsonObject>
}

function fill(path: string): string {
  return path.replaceAll(/\{\w+\}/g, 'x-name')
}

/** The types of the fields of a body. */
function listFields(operation: Json): Record<string, string> | undefined {
  let at: Json | undefined = operation
  for (const key of ['requestBody', 'content', 'application/json', 'schema', 'properties']) {
    at = isJsonObject(at) ? at[key] : undefined
  }
  if (!isJsonObject(at)) return undefined
  return Object.fromEntries(
    Object.entries(at).map(([name, schema]) => {
      const type = isJsonObject(schema) ? schema['type'] : undefined
      return [name, typeof type === 'string' ? type : '']
    }),
  )
}
