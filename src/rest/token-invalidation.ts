/** `DELETE /_security/oauth2/token`: ends one token, or all of a realm or user. Whoever has the privilege may. */
import type { InvalidationCount } from '../authc/pair-invalidation.ts'
import type { TokenService } from '../authc/token-service.ts'
import { SecurityError } from '../kernel/errors.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { describeTexts } from './body-shape.ts'
import { hasText, readStrings } from './request-body.ts'
import { type Answer, defineRoute, type Route } from './route.ts'

const FIELDS = ['token', 'refresh_token', 'realm_name', 'username'] as const

const NOTHING_NAMED = 'token string must be provided when not specifying a realm name or a username'
const TOKEN_BESIDE_OWNER = [
  'token string must not be provided when realm name or username is specified',
  'token type must not be provided when realm name or username is specified',
]

type InvalidationRequest =
  | { readonly side: 'access' | 'refresh'; readonly token: string }
  | { readonly side: 'all'; readonly of: { realm?: string; username?: string } }

export function buildTokenInvalidationRoutes({ tokens }: { tokens: TokenService }): Route[] {
  return [
    defineRoute<InvalidationRequest>({
      summary: 'Invalidate a token, or all of a realm or user',
      fields: describeTexts(FIELDS),
      methods: ['DELETE'],
      path: '/_security/oauth2/token',
      body: 'required',
      read({ body }) {
        if (!tokens.enabled) throw new SecurityError('tokens_disabled', 'the token service is off')
        return readInvalidationRequest(readStrings('invalidate_token', body, FIELDS))
      },
      action: () => 'cluster:admin/xpack/security/token/invalidate',
      async act(request) {
        if (request.side === 'all') return describeCount(await tokens.invalidateOf(request.of))
        const found = await tokens.locate(request.side, request.token)
        return describeCount(await tokens.invalidate(found === undefined ? [] : [found]), found === undefined)
      },
    }),
  ]
}

function readInvalidationRequest(fields: Partial<Record<(typeof FIELDS)[number], string>>): InvalidationRequest {
  const [token, refreshToken, realm, username] = FIELDS.map((name) =>
    hasText(fields[name]) ? fields[name] : undefined,
  )
  if (token !== undefined && refreshToken !== undefined) {
    throw new SecurityError(
      'field_unparsable',
      'Failed to build [invalidate_token] after last required field arrived',
      new SecurityError('argument_illegal', 'only one of [token, refresh_token] may be sent per request'),
    )
  }
  const named = token ?? refreshToken
  if (realm !== undefined || username !== undefined) {
    if (named !== undefined) checkNoFaults(TOKEN_BESIDE_OWNER)
    return { side: 'all', of: { ...(realm !== undefined && { realm }), ...(username !== undefined && { username }) } }
  }
  if (named === undefined) checkNoFaults([NOTHING_NAMED])
  return { side: token === undefined ? 'refresh' : 'access', token: named ?? '' }
}

function describeCount({ invalidated, previously }: InvalidationCount, absent = false): Answer {
  return {
    status: absent ? 404 : 200,
    body: { invalidated_tokens: invalidated, previously_invalidated_tokens: previously, error_count: 0 },
  }
}
