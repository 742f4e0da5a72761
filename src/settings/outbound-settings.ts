import { buildClientTlsRows, readClientTls } from './client-tls-settings.ts'
import { REALM_PREFIX } from './oidc-realm-table.ts'
import { boolean, integer, text, time } from './setting-types.ts'
import { buildKey, setting, type SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'
import type { OutboundSettings } from './settings.ts'
import type { Values } from './values.ts'

const proxyScheme: SettingType<'http' | 'https'> = {
  expects: '`http` or `https`',
  read(found, key) {
    const value = text.read(found, key)
    if (value === 'http' || value === 'https') return value
    throw new ValueError(`Invalid value [${value}] for [${key}]. Only \`http\` or \`https\` are allowed.`)
  },
}

/** How a realm calls its provider. */
const OUTBOUND_TLS = buildClientTlsRows(`${REALM_PREFIX}ssl.`, 'the provider')

export const OUTBOUND = {
  connectTimeout: setting({
    key: `${REALM_PREFIX}http.connect_timeout`,
    type: time('1ms'),
    default: '5s',
    description: 'How long a connection to the provider may take, TLS included.',
  }),
  connectionReadTimeout: setting({
    key: `${REALM_PREFIX}http.connection_read_timeout`,
    type: time('1ms'),
    default: '5s',
    description: 'How long a call may wait for a free connection.',
  }),
  socketTimeout: setting({
    key: `${REALM_PREFIX}http.socket_timeout`,
    type: time('1ms'),
    default: '5s',
    description: 'How long the provider may be silent during an answer.',
  }),
  maxConnections: setting({
    key: `${REALM_PREFIX}http.max_connections`,
    type: integer(1, 10_000),
    default: '200',
    description: 'Connections of the realm in all.',
  }),
  maxEndpointConnections: setting({
    key: `${REALM_PREFIX}http.max_endpoint_connections`,
    type: integer(1, 10_000),
    default: '200',
    description: 'Connections of the realm to one host.',
  }),
  connectionPoolTtl: setting({
    key: `${REALM_PREFIX}http.connection_pool_ttl`,
    type: time('-1'),
    default: '3m',
    description: 'How long an idle connection is kept, if the provider does not say less. `-1`: as the provider says.',
  }),
  proxyHost: setting({
    key: `${REALM_PREFIX}http.proxy.host`,
    type: text,
    description: 'The proxy for all calls to the provider. Without it they go straight.',
  }),
  proxyPort: setting({
    key: `${REALM_PREFIX}http.proxy.port`,
    type: integer(1, 65_535),
    default: '80',
    description: 'The port of the proxy.',
  }),
  proxyScheme: setting({
    key: `${REALM_PREFIX}http.proxy.scheme`,
    type: proxyScheme,
    default: 'http',
    description: 'How the proxy itself is spoken to.',
  }),
  tcpKeepAlive: setting({
    key: `${REALM_PREFIX}http.tcp.keep_alive`,
    type: boolean,
    default: 'true',
    description: 'Whether idle connections are kept alive by probes of TCP.',
  }),
  ...OUTBOUND_TLS,
}

export function readOutbound(values: Values, realm: string, directory: string): OutboundSettings {
  return {
    connectTimeout: values.get(OUTBOUND.connectTimeout, realm),
    connectionReadTimeout: values.get(OUTBOUND.connectionReadTimeout, realm),
    socketTimeout: values.get(OUTBOUND.socketTimeout, realm),
    maxConnections: values.get(OUTBOUND.maxConnections, realm),
    maxEndpointConnections: values.get(OUTBOUND.maxEndpointConnections, realm),
    connectionPoolTtl: values.get(OUTBOUND.connectionPoolTtl, realm),
    proxy: readProxy(values, realm),
    ...readClientTls(values, OUTBOUND_TLS, { names: [realm], directory }),
    tcpKeepAlive: values.get(OUTBOUND.tcpKeepAlive, realm),
  }
}

function readProxy(values: Values, realm: string): OutboundSettings['proxy'] {
  const host = values.get(OUTBOUND.proxyHost, realm)
  const port = values.get(OUTBOUND.proxyPort, realm)
  const scheme = values.get(OUTBOUND.proxyScheme, realm)
  const [hostKey, portKey, schemeKey] = [OUTBOUND.proxyHost, OUTBOUND.proxyPort, OUTBOUND.proxyScheme].map((row) =>
    buildKey(row, [realm]),
  )
  if (host === undefined) {
    for (const row of [OUTBOUND.proxyPort, OUTBOUND.proxyScheme])
      if (values.isSet(row, realm) && !values.isSet(OUTBOUND.proxyHost, realm))
        values.refuse(row, [realm], `missing required setting [${hostKey}] for setting [${buildKey(row, [realm])}]`)
    return undefined
  }
  if (!isHost(host)) {
    const parts = `HTTP host for hostname [${host}] (from [${hostKey}]), port [${port}] (from [${portKey}])`
    values.refuse(OUTBOUND.proxyHost, [realm], `${parts} and scheme [${scheme}] (from ([${schemeKey}]) is invalid`)
  }
  return { host, port, scheme }
}

/** A name or an address alone, without port, path or credentials. */
function isHost(host: string): boolean {
  if (/[\s/?#@\\]/.test(host) || !URL.canParse(`http://${host}:1/`)) return false
  return new URL(`http://${host}:1/`).port === '1'
}
