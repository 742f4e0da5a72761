import { isLoopbackHost } from '../kernel/loopback.ts'
import { buildClientTlsRows, readClientTls } from './client-tls-settings.ts'
import { boolean, integer, oneOf, text, time } from './setting-types.ts'
import { setting } from './setting.ts'
import { ValueError } from './settings-error.ts'
import type { PostgresSettings } from './settings.ts'
import type { Values } from './values.ts'

const POSTGRES_TLS = buildClientTlsRows('store.postgres.ssl.', 'the database')

/** Where the state is kept. */
export const STORE = {
  type: setting({
    key: 'store.type',
    type: oneOf(['embedded', 'postgres']),
    default: 'embedded',
    description:
      'Where state is kept: in a file of the folder `path.data`, or in a PostgreSQL database that nodes share.',
  }),
  url: setting({
    key: 'store.postgres.url',
    type: text,
    description:
      'The database, as `postgres://user@host:port/database`; with replicas, the address of the primary. No password.',
  }),
  password: setting({
    key: 'store.postgres.password',
    type: text,
    secure: true,
    description: "The password of the database's user.",
  }),
  poolSize: setting({
    key: 'store.postgres.pool_size',
    type: integer(2, 100),
    default: '4',
    description: 'Connections of this node: one writes, the others read. Each takes many requests at once.',
  }),
  connectTimeout: setting({
    key: 'store.postgres.connect_timeout',
    type: time('1ms', '10m'),
    default: '5s',
    description: 'How long a connection to the database may take, TLS and sign-in included.',
  }),
  timeout: setting({
    key: 'store.postgres.timeout',
    type: time('1ms', '10m'),
    default: '5s',
    description: 'How long a read or a write may take; then its request is answered 503.',
  }),
  sslEnabled: setting({
    key: 'store.postgres.ssl.enabled',
    type: boolean,
    defaultText: '`true`, unless the host is a loopback address',
    description: 'Whether the database is spoken to over TLS only.',
  }),
  ...POSTGRES_TLS,
}

/** @returns `undefined` for the embedded store */
export function readPostgres(values: Values, directory: string): PostgresSettings | undefined {
  if (values.get(STORE.type) === 'embedded') {
    if (values.isSet(STORE.url)) values.warn('[store.postgres.url] is not used: [store.type] is [embedded]')
    return undefined
  }
  const url = values.get(STORE.url)
  if (url === undefined) {
    values.refuse(STORE.url, [], 'Setting [store.postgres.url] is required, since [store.type] is [postgres]')
    return undefined
  }
  const place = values.attempt(STORE.url, [], () => readUrl(url))
  if (place === undefined) return undefined
  const isLocal = isLoopbackHost(place.host)
  const isEncrypted = values.get(STORE.sslEnabled) ?? !isLocal
  if (!isEncrypted && !isLocal) {
    values.warn(`the database at [${place.host}] is spoken to without TLS: set [${STORE.sslEnabled.key}] to [true]`)
  }
  return {
    ...place,
    password: values.get(STORE.password),
    poolSize: values.get(STORE.poolSize),
    connectTimeout: values.get(STORE.connectTimeout),
    timeout: values.get(STORE.timeout),
    ssl: isEncrypted ? readClientTls(values, POSTGRES_TLS, { names: [], directory }) : undefined,
  }
}

/** @throws ValueError that does not show a password */
function readUrl(text: string): Pick<PostgresSettings, 'host' | 'port' | 'user' | 'database'> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const user = decode(url?.username)
  const database = decode(url?.pathname.slice(1))
  if (url !== undefined && url.password !== '') {
    throw new ValueError(
      '[store.postgres.url] has a password: it belongs into the keystore, as [store.postgres.password]',
    )
  }
  const isWhole = url !== undefined && url.hostname !== '' && user && database && !database.includes('/')
  if (!isWhole || !/^postgres(?:ql)?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new ValueError(
      `Invalid value [${text}] for [store.postgres.url]: expected [postgres://user@host:port/database] and nothing else`,
    )
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: url.port === '' ? 5432 : Number(url.port), user, database }
}

function decode(text = ''): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
