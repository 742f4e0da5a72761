/**
 * What a client may have of an account: the grant. With consent `skip` it is given as asked, the operator having agreed
 * for everybody; with `ask` only what the person agreed to.
 */
import type { Configuration, Provider } from 'oidc-provider'

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

    const { requestParamOIDCScopes: scopes, requestParamClaims: claims } = oidc as typeof oidc & {
      readonly requestParamOIDCScopes: ReadonlySet<string>
    }
    return widenGrant(grant ?? newGrant(oidc.provider, client.clientId, account.accountId), [...scopes], [...claims])
  }
}

export function newGrant(library: Provider, clientId: string, accountId: string): Grant {
  return new library.Grant({ clientId, accountId })
}

/** Adds scopes and claims, and saves the grant if that changed it or it is new. */
export async function widenGrant(grant: Grant, scopes: readonly string[], claims: readonly string[]): Promise<Grant> {
  const granted = new Set(grant.getOIDCScope().split(' '))
  const grantedClaims = new Set(grant.getOIDCClaims())
  const covered = scopes.every((scope) => granted.has(scope)) && claims.every((claim) => grantedClaims.has(claim))
  if (grant.jti !== undefined && covered) return grant
  if (scopes.length > 0) grant.addOIDCScope([...scopes])
  if (claims.length > 0) grant.addOIDCClaims([...claims])
  await grant.save()
  return grant
}
