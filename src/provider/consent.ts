/**
 * What a client may have of an account: the grant. With consent `skip` it is given as asked, the operator having agreed
 * for everybody; with `ask` only what the person agreed to.
 */
import type { Configuration, Provider } from 'oidc-provider'
import { settleGrant } from './session-saving.ts'

type Grant = InstanceType<Provider['Grant']>
type GrantLoader = NonNullable<Configuration['loadExistingGrant']>

export function createGrantLoader(consentOf: (clientId: string) => 'skip' | 'ask'): GrantLoader {
  return async ({ oidc }) => {
    const { client, session, account } = oidc
    if (client === undefined || session === undefined || account === undefined) return undefined
    const grantId = oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId)
    const stored = grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId)
    const grant = stored?.accountId === account.accountId ? stored : undefined
    if (consentOf(client.clientId) === 'ask') return grant

    const asked = {
      scopes: [...oidc.requestParamOIDCScopes],
      claims: [...oidc.requestParamClaims],
      resources: Object.entries(oidc.resourceServers ?? {}).map(([identifier, { scopes }]) => ({
        identifier,
        scopes: [...oidc.requestParamScopes].filter((scope) => scopes.has(scope)),
      })),
    }
    if (grant !== undefined) return widenGrant(grant, asked)
    const made = await widenGrant(newGrant(oidc.provider, client.clientId, account.accountId), asked)
    // Of requests of one moment one gives the grant: a session knows one of each client, and no other is of any use.
    const settled = await settleGrant(session, client.clientId, made.jti)
    const first = settled === made.jti ? undefined : await oidc.provider.Grant.find(settled)
    if (first?.accountId !== account.accountId) return made
    await made.destroy()
    return widenGrant(first, asked)
  }
}

/** What a client asked for. */
export interface AskedFor {
  readonly scopes: readonly string[]
  readonly claims: readonly string[]
  /** Scopes of APIs. */
  readonly resources: readonly { readonly identifier: string; readonly scopes: readonly string[] }[]
}

type Request = Parameters<GrantLoader>[0]

/**
 * A request for use without a session counts only with `prompt=consent`, unless other conditions permit it, as here: the
 * operator has agreed for everybody. The library drops the scope by the first half of that rule; this puts it back.
 * OpenID Connect Core 1.0 §11.
 */
export function keepOfflineAccess({ oidc, query }: Request, consentOf: (clientId: string) => 'skip' | 'ask'): void {
  const { client, params } = oidc
  const asked = String(query['scope'] ?? '').split(' ')
  if (client === undefined || params === undefined || !asked.includes('offline_access')) return
  const givesCode = String(params['response_type']).split(' ').includes('code')
  if (!givesCode || !client.grantTypeAllowed('refresh_token') || consentOf(client.clientId) !== 'skip') return
  params['scope'] = [...new Set([...oidc.requestParamScopes, 'offline_access'])].join(' ')
}

export function newGrant(library: Provider, clientId: string, accountId: string): Grant {
  return new library.Grant({ clientId, accountId })
}

/** Adds what was asked for, and saves the grant if that changed it or it is new. */
export async function widenGrant(grant: Grant, { scopes, claims, resources }: AskedFor): Promise<Grant> {
  const covered =
    covers(grant.getOIDCScope().split(' '), scopes) &&
    covers(grant.getOIDCClaims(), claims) &&
    resources.every(({ identifier, scopes: asked }) => covers(grant.getResourceScope(identifier).split(' '), asked))
  if (grant.jti !== undefined && covered) return grant
  if (scopes.length > 0) grant.addOIDCScope([...scopes])
  if (claims.length > 0) grant.addOIDCClaims([...claims])
  for (const { identifier, scopes: asked } of resources) {
    if (asked.length > 0) grant.addResourceScope(identifier, [...asked])
  }
  await grant.save()
  return grant
}

function covers(granted: readonly string[], asked: readonly string[]): boolean {
  return asked.every((name) => granted.includes(name))
}
