/** Whether the portal may do at the security API what it is for, looked at once, when it starts to listen. */
import { randomBytes } from 'node:crypto'
import type { Log } from '../observe/log.ts'
import type { ApiCalls } from './api-calls.ts'

const NEEDED = ['manage_oidc', 'manage_token']

/** An API that is away now does not keep the portal from starting; what the portal lacks is told. */
export async function checkOwnPrivileges({ api, log }: { api: ApiCalls; log: Log }): Promise<void> {
  try {
    const missing = await api.findMissing('portal', NEEDED, randomBytes(16).toString('hex'))
    if (missing === undefined) log.error('the security API does not accept the credentials of the portal')
    else if (missing.length > 0)
      log.error({ missing }, `the portal lacks cluster privileges at the security API: ${missing.join(', ')}`)
  } catch (err) {
    log.error({ err }, 'the portal could not learn its own privileges at the security API')
  }
}
