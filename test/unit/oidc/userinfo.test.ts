import assert from 'node:assert/strict'
import test from 'node:test'
import { readUserinfoAnswer } from '../../../src/oidc/userinfo.ts'
import { buildProviderAnswer } from '../../support/provider-answer.ts'
import vectors from '../../vectors/userinfo-answers.json' with { type: 'json' }

for (const { name, change, subject = 'alice', claims, text } of vectors)
  test(`userinfo answer with ${name}`, () => {
    const answer = buildProviderAnswer(change, '{"sub":"alice"}')
    const read = () => readUserinfoAnswer(answer, subject)
    if (claims === undefined) assert.throws(read, { reason: 'userinfo_failed', message: text })
    else assert.deepEqual(read(), claims)
  })

test('userinfo of 10000 lists in each other is refused (A-34)', () => {
  const answer = buildProviderAnswer({}, `{"sub":"alice","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)
  const message = 'Failed to get user information from the UserInfo endpoint.'
  assert.throws(() => readUserinfoAnswer(answer, 'alice'), { reason: 'userinfo_failed', message })
})
