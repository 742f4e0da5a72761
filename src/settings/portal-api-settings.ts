/** Reads where the portal finds the security API, if not in its own process. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { PORTAL_API } from './portal-api-table.ts'
import type { Setting } from './setting.ts'
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
    certificateAuthorities: values
      .get(PORTAL_API.certificateAuthorities)
      ?.map((path) => readCertificate(values, PORTAL_API.certificateAuthorities, resolve(directory, path))),
    clientCertificate: readClientCertificate(values, directory),
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

function readClientCertificate(values: Values, directory: string): RemoteApiSettings['clientCertificate'] {
  const certificate = values.get(PORTAL_API.certificate)
  const key = values.get(PORTAL_API.key)
  const keystore = values.get(PORTAL_API.keystorePath)
  if (keystore !== undefined && (certificate !== undefined || key !== undefined)) {
    const text = '[elasticsearch.ssl.keystore.path] cannot be set together with [elasticsearch.ssl.certificate]'
    values.refuse(PORTAL_API.keystorePath, [], text)
    return undefined
  }
  if ((certificate === undefined) !== (key === undefined)) {
    const text = '[elasticsearch.ssl.certificate] and [elasticsearch.ssl.key] must be set together'
    values.refuse(PORTAL_API.certificate, [], text)
    return undefined
  }
  if (keystore !== undefined)
    return checkUsable(values, PORTAL_API.keystorePath, () => ({
      pfx: readFileSync(resolve(directory, keystore)),
      passphrase: values.get(PORTAL_API.keystorePassword),
    }))
  if (certificate === undefined || key === undefined) return undefined
  return checkUsable(values, PORTAL_API.certificate, () => ({
    cert: readFileSync(resolve(directory, certificate), 'utf8'),
    key: readFileSync(resolve(directory, key), 'utf8'),
    passphrase: values.get(PORTAL_API.keyPassphrase),
  }))
}

function readCertificate(values: Values, row: Setting<unknown>, path: string): string {
  try {
    const pem = readFileSync(path, 'utf8')
    // Throws unless the file begins with a certificate.
    void new X509Certificate(pem)
    return pem
  } catch (cause) {
    values.refuse(row, [], `cannot read the certificate file [${path}]: ${reasonOf(cause)}`)
    return ''
  }
}

function checkUsable(
  values: Values,
  row: Setting<unknown>,
  read: () => NonNullable<RemoteApiSettings['clientCertificate']>,
): RemoteApiSettings['clientCertificate'] {
  try {
    const certificate = read()
    void createSecureContext(certificate)
    return certificate
  } catch (cause) {
    values.refuse(row, [], `the certificate of the portal cannot be used: ${reasonOf(cause)}`)
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
