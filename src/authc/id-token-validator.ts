import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import { checkIdTokenForm, checkSignatureVerdict, readIdToken, type IdToken } from '../oidc/id-token.ts'
import { judgeHmacSignature, judgeSignature, type SignatureVerdict } from '../oidc/jwks.ts'
import type { Jwt } from '../oidc/jwt.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import type { KeySource } from './key-source.ts'

export interface IdTokenValidator {
  /**
   * Checks an ID token in every respect (OIDC Core 1.0 §3.1.3.7).
   * @throws SecurityError `id_token_invalid`, its cause saying why
   */
  validate(idToken: Jwt, nonce: string): Promise<IdToken>
}

/** @param parts `keySource` is asked only for algorithms with public keys */
export function createIdTokenValidator(parts: {
  readonly settings: OidcRealmSettings
  readonly keySource: () => Promise<KeySource>
  readonly clock: Clock
  readonly log: Log
}): IdTokenValidator {
  const { keySource, clock, log } = parts
  const { rp, op, allowedClockSkew: skew } = parts.settings

  async function check(idToken: Jwt, nonce: string): Promise<IdToken> {
    checkIdTokenForm(idToken, rp.signatureAlgorithm)
    checkSignatureVerdict(await judge(idToken))
    const { claims } = idToken
    if (claims === undefined)
      throw new SecurityError('id_token_invalid', 'Payload of JWS object is not a valid JSON object')
    return readIdToken(claims, { issuer: op.issuer, clientId: rp.clientId, nonce, skew }, clock())
  }

  /** Newer keys are asked for only if they could change the verdict. */
  async function judge(idToken: Jwt): Promise<SignatureVerdict> {
    if (rp.signatureAlgorithm.startsWith('HS')) return judgeHmacSignature(idToken, rp.clientSecret ?? '')
    const source = await keySource()
    const verdict = judgeSignature(idToken, source.keys())
    if (verdict !== 'no_key' && verdict !== 'bad_signature') return verdict
    return (await source.renew()) ? judgeSignature(idToken, source.keys()) : verdict
  }

  return {
    async validate(idToken, nonce) {
      try {
        return await check(idToken, nonce)
      } catch (cause) {
        if (!(cause instanceof SecurityError)) throw cause
        const token = `${idToken.text.slice(0, idToken.text.lastIndexOf('.') + 1)}<redacted>`
        log.debug({ err: cause, header: idToken.header, token, nonce }, 'The ID token was refused')
        throw new SecurityError(cause.reason, 'Failed to parse or validate the ID Token', cause)
      }
    },
  }
}
