/** One set of hostile JWTs, whole and signed, at the realm's consumer of ID tokens. Each is refused for its own reason. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createIdTokenValidator } from '../../../src/authc/id-token-validator.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { createLog } from '../../../src/observe/log.ts'
import { readKeySet } from '../../../src/oidc/jwks.ts'
import { readJwt } from '../../../src/oidc/jwt.ts'
import type { OidcRealmSettings } from '../../../src/settings/settings.ts'
import { assertLittleWorkInSteps } from '../../support/work.ts'
import { buildHostileJwts, HOSTILE_JWT_REALM } from '../../support/hostile-jwts.ts'

const { now, issuer, clientId, nonce, key } = HOSTILE_JWT_REALM
const validator = createIdTokenValidator({
  settings: {
    rp: { signatureAlgorithm: 'RS256', clientId },
    op: { issuer },
    allowedClockSkew: 60,
  } as OidcRealmSettings,
  keySource: async () => ({
    keys: () => readKeySet(JSON.stringify({ keys: [key.jwk] })),
    renew: async () => false,
    close: () => {},
  }),
  clock: () => now,
  log: createLog('silent'),
})

const tokens = buildHostileJwts()

test('there are at least 60 hostile tokens', () => {
  assert.ok(tokens.filter(({ refused }) => refused !== undefined).length >= 60)
})

for (const { name, token, refused } of tokens)
  test(`ID token: ${name}`, async () => {
    const jwt = readJwt(token)
    if (refused === 'no JWT') return assert.equal(jwt, undefined)
    if (jwt === undefined) return assert.equal(refused, 'any')
    const validate = validator.validate(jwt, nonce)
    if (refused === undefined) return assert.equal((await validate).subject, 'alice')
    await assert.rejects(validate, (error) => {
      assert.ok(error instanceof SecurityError && error.cause instanceof SecurityError)
      assert.equal(error.reason, 'id_token_invalid')
      if (refused !== 'any') assert.equal(error.cause.message, refused)
      return true
    })
  })

test('no hostile token costs more than 50 ms, whether it is refused or not (A-34)', async () => {
  for (const { token } of tokens)
    await assertLittleWorkInSteps(50, async () => {
      const jwt = readJwt(token)
      if (jwt !== undefined) await validator.validate(jwt, nonce).catch(() => undefined)
    })
})
