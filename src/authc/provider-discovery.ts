import { SecurityError } from '../kernel/errors.ts'
import { isProtected, type Outbound } from '../net/outbound.ts'
import { buildDiscoveryUrl, readProviderMetadata, type ProviderMetadata } from '../oidc/provider-metadata.ts'

/**
 * The metadata of a provider, fetched when they are first needed and again until that succeeded once; parallel callers
 * share one fetch.
 * @returns what rejects with SecurityError `provider_unavailable`
 */
export function createProviderDiscovery(parts: {
  readonly issuer: string
  readonly outbound: Outbound
}): () => Promise<ProviderMetadata> {
  let known: Promise<ProviderMetadata> | undefined
  return () =>
    (known ??= discover(parts.issuer, parts.outbound).catch((error: unknown) => {
      known = undefined
      throw error
    }))
}

async function discover(issuer: string, outbound: Outbound): Promise<ProviderMetadata> {
  const url = buildDiscoveryUrl(issuer)
  if (!isProtected(url)) throw unavailable(issuer, 'its address is not protected')
  const answer = await outbound.get(url).catch((cause: unknown) => {
    throw unavailable(issuer, 'they cannot be fetched', cause)
  })
  if (answer.status !== 200) throw unavailable(issuer, `the status of the answer is ${answer.status}`)
  const metadata = readProviderMetadata(answer.body, issuer)
  const { authorizationEndpoint, tokenEndpoint, userinfoEndpoint, endsessionEndpoint, jwksUri } = metadata
  // Where browsers are sent, too: a `javascript:` there would be a link of ours.
  for (const endpoint of [authorizationEndpoint, tokenEndpoint, userinfoEndpoint, endsessionEndpoint, jwksUri])
    if (endpoint !== undefined && !isProtected(endpoint))
      throw unavailable(issuer, `the address [${endpoint}] in them is not protected`)
  return metadata
}

function unavailable(issuer: string, why: string, cause?: unknown): SecurityError {
  return new SecurityError('provider_unavailable', `No metadata of the issuer [${issuer}]: ${why}`, cause)
}
