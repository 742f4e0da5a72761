/**
 * `POST /_security/oauth2/token`: tokens for a name and password, for a refresh token, or for the caller itself.
 * Its own refusals have OAuth's form (RFC 6749 §5.2), those of the caller the usual envelope.
 */
import type { Authentication } from '../authc/authentication.ts'
import type { Authenticator } from '../authc/authenticator.ts'
import type { IssuedTokens } from '../authc/token-pair.ts'
import type { TokenService } from '../authc/token-service.ts'
import { SecurityError } from '../kernel/errors.ts'
import { listFaults } from '../kernel/validation.ts'
import { describeAuthentication } from './authenticate.ts'
import { ApiError, BodyError } from './api-error.ts'
import { describeTexts } from './body-shape.ts'
import { describeFailedAuthentication } from './errors.ts'
import { readStrings } from './request-body.ts'
import { type Answer, defineRoute, type Route } from './route.ts'

const FIELDS = ['grant_type', 'username', 'password', 'kerberos_ticket', 'scope', 'refresh_token'] as const
type Field = (typeof FIELDS)[number]
type Fields = Partial<Record<Field, string>>

/** What goes with each grant; in the order in which faults are told. */
const GRANTS: Readonly<Record<string, { refused: readonly Field[]; required: readonly Field[] }>> = {
  password: { refused: ['kerberos_ticket', 'refresh_token'], required: ['username', 'password'] },
  _kerberos: { refused: ['username', 'password', 'refresh_token'], required: ['kerberos_ticket'] },
  refresh_token: { refused: ['username', 'password', 'kerberos_ticket'], required: ['refresh_token'] },
  client_credentials: { refused: ['username', 'password', 'kerberos_ticket', 'refresh_token'], required: [] },
}

const CREATE = 'cluster:admin/xpack/security/token/create'
const REFRESH = 'cluster:admin/xpack/security/token/refresh'

type TokenRequest = { readonly scope: string | undefined } & (
  | { readonly grant: 'password'; readonly username: string; readonly password: string }
  | { readonly grant: 'refresh_token'; readonly refreshToken: string }
  | { readonly grant: 'client_credentials' }
  | { readonly grant: '_kerberos' }
)

export function buildTokenRoutes({
  tokens,
  authenticator,
}: {
  tokens: TokenService
  authenticator: Authenticator
}): Route[] {
  return [
    defineRoute<TokenRequest>({
      summary: 'Issue or refresh tokens',
      fields: describeTexts(FIELDS),
      methods: ['POST'],
      path: '/_security/oauth2/token',
      body: 'required',
      read({ body }) {
        if (!tokens.enabled) throw new SecurityError('tokens_disabled', 'the token service is off')
        return readTokenRequest(readStrings('token_request', body, FIELDS))
      },
      action: ({ grant }) => (grant === 'refresh_token' ? REFRESH : CREATE),
      async act(request, caller) {
        return describeTokens(await grantTokens(request, caller), request.scope)
      },
    }),
  ]

  async function grantTokens(request: TokenRequest, caller: Authentication): Promise<IssuedTokens> {
    switch (request.grant) {
      case 'password': {
        const authentication = await authenticatePassword(request.username, request.password)
        return tokens.issue({ authentication, client: caller, withRefreshToken: true })
      }
      case 'refresh_token':
        return tokens.refresh(request.refreshToken, caller)
      case 'client_credentials':
        checkHasCredentials(caller)
        return tokens.issue({ authentication: caller, client: caller, withRefreshToken: false })
      case '_kerberos':
        throw describeFailedAuthentication(new SecurityError('credentials_rejected', 'there is no Kerberos realm'), {
          purpose: `action [${CREATE}]`,
          username: '<Kerberos Token>',
        })
    }
    return request satisfies never
  }

  async function authenticatePassword(username: string, password: string): Promise<Authentication> {
    try {
      return await authenticator.authenticate({ scheme: 'basic', username, password })
    } catch (error) {
      throw describeFailedAuthentication(error, { purpose: `action [${CREATE}]`, username })
    }
  }
}

/** A token would let anybody go on as anonymous when nobody is let in without credentials any more. */
function checkHasCredentials({ type }: Authentication): void {
  if (type !== 'anonymous') return
  throw new SecurityError('argument_illegal', 'OAuth2 token creation is not supported for the anonymous user')
}

function readTokenRequest(fields: Fields): TokenRequest {
  const { grant_type: grant = '', username = '', password = '', refresh_token: refreshToken = '', scope } = fields
  const faults = findFaults(grant, fields)
  if (faults.length > 0) {
    const error = faults.some((fault) => fault.includes('grant_type')) ? 'unsupported_grant_type' : 'invalid_request'
    throw new BodyError(400, { error, error_description: listFaults(faults) })
  }
  if (grant === 'password') return { grant, username, password, scope }
  if (grant === 'refresh_token') return { grant, refreshToken, scope }
  if (grant === 'client_credentials') return { grant, scope }
  checkTicket(fields.kerberos_ticket ?? '')
  return { grant: '_kerberos', scope }
}

function findFaults(grant: string, fields: Fields): string[] {
  const rules = Object.hasOwn(GRANTS, grant) ? GRANTS[grant] : undefined
  if (rules === undefined) return [`grant_type only supports the values: [${Object.keys(GRANTS).join(', ')}]`]
  const superfluous = rules.refused.filter((name) => fields[name] !== undefined)
  const missing = rules.required.filter((name) => fields[name] === undefined || fields[name] === '')
  return [
    ...superfluous.map((name) => `${name} is not supported with the ${grant} grant_type`),
    ...missing.map((name) => `${name} is missing`),
  ]
}

function checkTicket(ticket: string): void {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(ticket) && ticket.length % 4 === 0) return
  throw new ApiError(400, 'unsupported_operation_exception', `could not decode base64 kerberos ticket ${ticket}`)
}

/** `scope` is told only to those who sent one, and then there is but one. */
function describeTokens(issued: IssuedTokens, scope: string | undefined): Answer {
  const { accessToken, refreshToken, expiresIn, authentication } = issued
  return {
    body: {
      access_token: accessToken,
      type: 'Bearer',
      expires_in: expiresIn,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(scope === undefined ? {} : { scope: 'full' }),
      authentication: describeAuthentication(authentication),
    },
  }
}
