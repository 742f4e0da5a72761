import assert from 'node:assert/strict'
import test from 'node:test'
import {
  checkNotRefused,
  checkResponseIssuer,
  checkState,
  readAuthenticationResponse,
  readContent,
} from '../../../src/oidc/authentication-response.ts'
import vectors from '../../vectors/authentication-responses.json' with { type: 'json' }
import { assertLittleWork } from '../../support/work.ts'

const { state, issuer, idToken } = vectors

/** As the realm does it, up to the point where it would ask the provider. */
function judge(url: string, announced: boolean, type: string) {
  const response = readAuthenticationResponse(url.replaceAll('JWT', idToken))
  checkState(response, state)
  checkResponseIssuer(response, issuer, announced)
  checkNotRefused(response)
  const content = readContent(response, type)
  return 'code' in content ? content : { ...content, idToken: content.idToken.text.replace(idToken, 'JWT') }
}

for (const { name, url, announced = false, type = 'code', content, reason, text } of vectors.cases)
  test(`response with ${name}`, () => {
    const act = () => judge(url, announced, type)
    if (reason === undefined) assert.partialDeepStrictEqual(act(), content)
    else assert.throws(act, { reason, message: text })
  })

test('a response of 1 MB is judged at once (A-34)', () => {
  const act = () => judge(`/cb?code=${'é%C3%A9'.repeat(150_000)}<`, false, 'code')
  assertLittleWork(50, () => assert.throws(act, { reason: 'response_invalid' }))
})
