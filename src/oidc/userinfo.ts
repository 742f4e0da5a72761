import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject, type JsonObject } from '../kernel/json.ts'
import { readSubject } from './claims.ts'
import { mediaType, type ProviderAnswer } from './provider-answer.ts'

const FAILED = 'Failed to get user information from the UserInfo endpoint.'

/**
 * Judges the answer of the userinfo endpoint (OIDC Core 1.0 §5.3.2 and §5.3.3). There is no way back to the ID token
 * alone: whatever is wrong fails the login.
 * @param subject of the ID token
 * @throws SecurityError `userinfo_failed`
 */
export function readUserinfoAnswer(answer: ProviderAnswer, subject: string): JsonObject {
  if (answer.status !== 200) refuse(describeFailure(answer))
  const type = mediaType(answer.contentType)
  if (type === 'application/jwt')
    refuse('Unable to parse Userinfo Response. Signed/encrypted JWTs arenot currently supported')
  if (type !== 'application/json')
    refuse(
      'Unable to parse Userinfo Response. Content type was expected to be [application/json] or ' +
        `[appliation/jwt] but was [${answer.contentType ?? null}]`,
    )
  const claims = readJsonObject(answer.body) ?? refuse(FAILED)
  // OIDC Core 1.0 §5.3.4: anybody's claims but this user's could be in there.
  const found = readSubject(claims)
  if (found === undefined) refuse('Userinfo Response did not contain a sub Claim')
  if (found !== subject)
    refuse(
      `Userinfo Response is not valid as it is for subject [${found}] while the ID Token was for subject [${subject}]`,
    )
  return claims
}

/** RFC 6750 §3: the challenge says why, else the status must do. */
function describeFailure({ status, reasonPhrase, wwwAuthenticate }: ProviderAnswer): string {
  if (wwwAuthenticate === undefined) return withCode(String(status), reasonPhrase)
  if (!/^Bearer(\s|$)/i.test(wwwAuthenticate)) return FAILED
  return withCode(
    challengeParameter(wwwAuthenticate, 'error'),
    challengeParameter(wwwAuthenticate, 'error_description'),
  )
}

function withCode(code: string | null, description: string | null): string {
  return `${FAILED.slice(0, -1)}. Code=[${code}], Description=[${description}]`
}

/** A parameter of the challenge, quoted or not (RFC 9110 §11.2). */
function challengeParameter(challenge: string, name: string): string | null {
  const found = new RegExp(`[\\s,]${name}\\s*=\\s*(?:"([^"\\\\]*)"|([^\\s",]+))`, 'i').exec(challenge)
  return found?.[1] ?? found?.[2] ?? null
}

function refuse(detail: string): never {
  throw new SecurityError('userinfo_failed', detail)
}
