import assert from 'node:assert/strict'
import test from 'node:test'
import type { ProviderAnswer } from '../../../src/oidc/provider-answer.ts'
import { readUserinfoAnswer } from '../../../src/oidc/userinfo.ts'
import vectors from '../../vectors/userinfo-answers.json' with { type: 'json' }

for (const { name, change, subject = 'alice', claims, text } of vectors)
  test(`userinfo answer with ${name}`, () => {
    const { contentType, nest, ...rest } = { contentType: 'application/json', nest: 0, ...change } as {
      contentType: string | null
      nest: number
    } & Partial<ProviderAnswer>
    const answer = {
      status: 200,
      reasonPhrase: 'OK',
      wwwAuthenticate: undefined,
      body: `{"sub":"alice","x":${'['.repeat(nest)}1${']'.repeat(nest)}}`,
      ...rest,
      contentType: contentType ?? undefined,
    }
    const read = () => readUserinfoAnswer(answer, subject)
    if (claims === undefined) assert.throws(read, { reason: 'userinfo_failed', message: text })
    else assert.deepEqual(read(), claims)
  })
