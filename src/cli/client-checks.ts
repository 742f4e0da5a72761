/**
 * The checks of a client of the provider against the live application: whether the provider can tell it of a logout and
 * get its keys, by the same rules as the running provider, and whether the places that browsers are sent to are there.
 * Nobody is signed out: the logout token is a made-up one, which an application must refuse.
 */
import { type GuardedFetch, AddressRefused } from '../net/guarded-fetch.ts'
import { describeError } from '../observe/log.ts'
import { readKeySet } from '../oidc/jwks.ts'
import type { ProviderClientSettings } from '../settings/settings.ts'
import type { Finding } from './finding.ts'

const TIMEOUT_MS = 5000
const ALLOW = 'name its host in provider.outbound.allowed_hosts, if it should have such an address'

/** @param calls as the provider makes them */
export async function* checkClient(
  { clientId, metadata }: ProviderClientSettings,
  calls: GuardedFetch,
): AsyncGenerator<Finding> {
  const setting = (name: string) => `provider.clients.${clientId}.${name}`
  for (const [origin, names] of listOrigins(metadata)) yield checkOrigin(origin, names)
  const { backchannel_logout_uri: notices, jwks_uri: keys } = metadata
  if (typeof notices === 'string') yield checkNotices(notices, calls, setting('backchannel_logout_uri'))
  if (typeof keys === 'string') yield checkKeys(keys, calls, setting('jwks_uri'))
}

/** Where browsers are sent, by origin, with the names of what leads there. Private schemes have no server. */
function listOrigins(metadata: ProviderClientSettings['metadata']): Map<string, Set<string>> {
  const origins = new Map<string, Set<string>>()
  const names = ['redirect_uris', 'post_logout_redirect_uris', 'frontchannel_logout_uri', 'initiate_login_uri']
  for (const name of names) {
    for (const uri of [metadata[name]].flat()) {
      const url = typeof uri === 'string' ? URL.parse(uri) : null
      if (url === null || !/^https?:$/.test(url.protocol)) continue
      origins.set(url.origin, (origins.get(url.origin) ?? new Set()).add(name))
    }
  }
  return origins
}

/** Browsers may reach what this machine cannot, so silence is only a note. */
async function checkOrigin(origin: string, names: ReadonlySet<string>): Promise<Finding> {
  const subject = 'browsers'
  const text = `${origin} (${[...names].join(', ')})`
  try {
    await fetch(origin, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { verdict: 'ok', subject, text: `${text} answers` }
  } catch (error) {
    const advice = 'look whether browsers reach it'
    return { verdict: 'note', subject, text: `${text} does not answer here: ${describeError(error)}`, advice }
  }
}

/** OpenID Connect Back-Channel Logout 1.0 §2.8: 400 for a token that is none. */
async function checkNotices(uri: string, calls: GuardedFetch, setting: string): Promise<Finding> {
  const subject = 'back-channel'
  const advice = `check ${setting}`
  try {
    const body = new URLSearchParams({ logout_token: 'made-up' })
    const { status } = await calls.fetch(uri, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (status === 400) return { verdict: 'ok', subject, text: `${uri} refuses a made-up logout token` }
    if (status < 300) {
      const text = `${uri} accepts a made-up logout token: ${status}`
      return { verdict: 'note', subject, text, advice: 'the application should check logout tokens' }
    }
    return { verdict: 'problem', subject, text: `${uri} answers ${status}; 400 was expected`, advice }
  } catch (error) {
    return describeFailure(uri, error, subject, advice)
  }
}

async function checkKeys(uri: string, calls: GuardedFetch, setting: string): Promise<Finding> {
  const subject = 'keys'
  const advice = `check ${setting}`
  try {
    const answer = await calls.fetch(uri, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (answer.status !== 200) return { verdict: 'problem', subject, text: `${uri} answers ${answer.status}`, advice }
    const { length } = readKeySet(await answer.text())
    if (length === 0) return { verdict: 'problem', subject, text: `${uri} has no RSA or EC key`, advice }
    return { verdict: 'ok', subject, text: `${uri}: ${length} for verifying` }
  } catch (error) {
    return describeFailure(uri, error, subject, advice)
  }
}

function describeFailure(uri: string, error: unknown, subject: string, advice: string): Finding {
  const isRefused = error instanceof Error && error.cause instanceof AddressRefused
  const text = `${uri}: ${describeError(error)}`
  return { verdict: 'problem', subject, text, advice: isRefused ? ALLOW : advice }
}
