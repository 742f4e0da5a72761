import { createGuardedFetch, type GuardedFetch } from '../net/guarded-fetch.ts'
import type { ProviderSettings } from '../settings/settings.ts'
import { listCalledUrls } from './clients.ts'

/**
 * Calls to clients: logout notices, their keys. The operator's exceptions for inner addresses are for the URLs of the
 * settings, never for those that others registered.
 */
export function createClientCalls({
  clients,
  allowedHosts,
}: Pick<ProviderSettings, 'clients' | 'allowedHosts'>): GuardedFetch {
  const configured = listCalledUrls(clients)
  const trusting = createGuardedFetch({ allowedHosts })
  const strict = createGuardedFetch({ allowedHosts: [] })
  return {
    fetch(url, options) {
      const { href } = new URL(url instanceof Request ? url.url : url)
      return (configured.has(href) ? trusting : strict).fetch(url, options)
    },
    async close() {
      await trusting.close()
      await strict.close()
    },
  }
}
