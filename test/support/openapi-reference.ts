/** The API's document, `docs/openapi.json`, as a running API serves it. `npm run docs` writes it, a test compares. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/kernel/json.ts'
import { basic, callApi } from './api-call.ts'
import { BOOTSTRAP_PASSWORD, startRestApi } from './rest-api.ts'

export const OPENAPI_FILE = join(import.meta.dirname, '../../docs/openapi.json')

async function readOpenApi(): Promise<JsonObject> {
  const api = await startRestApi()
  try {
    const authorization = basic('elastic', BOOTSTRAP_PASSWORD)
    return (await callApi(api.address, '/_ostiary/openapi.json', { authorization })).body
  } finally {
    await api.close()
  }
}

if (import.meta.main) writeFileSync(OPENAPI_FILE, `${JSON.stringify(await readOpenApi(), null, 2)}\n`)
