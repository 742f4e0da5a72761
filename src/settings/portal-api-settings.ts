/** Reads where the portal finds the security API, if not in its own process. */
import { isLoopbackHost } from '../kernel/loopback.ts'
import { readAuthorities, readIdentity } from './client-tls-settings.ts'
import { PORTAL_API } from './portal-api-table.ts'
import type { RemoteApiSettings } from './settings.ts'
import type { Values } from './values.ts'

/** @returns `undefined`: the API of the same process */
export function readRemoteApi(values: Values, directory: string): RemoteApiSettings | undefined {
  const hosts = values.get(PORTAL_API.hosts)
  if (hosts === undefined) return undefined
  for (const host of hosts) {
    const url = URL.parse(host)
    if (url?.protocol === 'http:' && !isLoopbackHost(url.hostname))
      values.warn(`[elasticsearch.hosts] has [${url.origin}]: tokens and passwords travel unencrypted to it`)
  }
  return {
    hosts: hosts.map((host) => host.replace(/\/+$/, '')),
    requestTimeout: values.get(PORTAL_API.requestTimeout),
    certificateAuthorities: readAuthorities(values, PORTAL_API, { names: [], directory }),
    clientCertificate: readIdentity(values, PORTAL_API, { names: [], directory }),
    verificationMode: values.get(PORTAL_API.verificationMode),
    alwaysPresentCertificate: values.get(PORTAL_API.alwaysPresentCertificate),
  }
}

/**
 * Reads as whom the portal calls the API: by exactly one of the two ways, and by one at all if the API is elsewhere.
 * @returns the `Authorization` header
 */
export function readApiAuthorization(values: Values): string | undefined {
  const isRemote = values.isSet(PORTAL_API.hosts)
  const username = values.get(PORTAL_API.username)
  const password = values.get(PORTAL_API.password)
  const token = values.get(PORTAL_API.serviceAccountToken)
  if (token !== undefined && (username !== undefined || password !== undefined)) {
    const text = '[elasticsearch.serviceAccountToken] cannot be set together with [elasticsearch.username]'
    values.refuse(PORTAL_API.serviceAccountToken, [], text)
  }
  if ((username === undefined) !== (password === undefined)) {
    const text = '[elasticsearch.username] and [elasticsearch.password] must be set together'
    values.refuse(PORTAL_API.username, [], text)
  }
  if (isRemote && token === undefined && username === undefined && password === undefined) {
    const expected = '[elasticsearch.username] and [elasticsearch.password], or [elasticsearch.serviceAccountToken]'
    values.refuse(PORTAL_API.hosts, [], `[elasticsearch.hosts] needs credentials for it: expected ${expected}`)
  }
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined || password === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
