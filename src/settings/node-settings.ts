import { availableParallelism, hostname } from 'node:os'
import { resolve } from 'node:path'
import { boolean, host, integer, oneOf, someOf, text } from './setting-types.ts'
import { setting, type SettingType } from './setting.ts'
import type { NodeSettings, Settings } from './settings.ts'
import { buildTlsRows, readTls } from './tls-settings.ts'
import type { Values } from './values.ts'

const wholeCount = integer(1, 64)
const workerCount: SettingType<number | 'auto'> = {
  expects: `\`auto\`, or ${wholeCount.expects}`,
  read: (found, key) => (found === 'auto' ? 'auto' : wholeCount.read(found, key)),
}

/** The process as a whole, and the listener of the security API. */
export const NODE = {
  demo: setting({
    key: 'demo',
    type: boolean,
    default: 'false',
    description:
      "Puts the demo's accounts, roles and secrets in at first start. They serve on loopback addresses only.",
  }),
  clusterName: setting({
    key: 'cluster.name',
    type: text,
    default: 'ostiary',
    description: 'What `GET /` answers as `cluster_name`. The same on all nodes.',
  }),
  name: setting({
    key: 'node.name',
    type: text,
    default: hostname(),
    defaultText: 'the host name',
    description: 'The name of this node, in answers and in the log.',
  }),
  roles: setting({
    key: 'node.roles',
    type: someOf(['security', 'portal', 'provider']),
    default: ['security', 'portal', 'provider'],
    description: 'The parts that run in this process. The portal needs `security` beside it, or `elasticsearch.hosts`.',
  }),
  workers: setting({
    key: 'node.workers',
    type: workerCount,
    default: 'auto',
    description:
      'The processes that share the ports. `auto`: one for each core, and one in all with `demo: true`. With more than ' +
      'one, another process starts them and writes the embedded store for all.',
  }),
  data: setting({
    key: 'path.data',
    type: text,
    default: 'data',
    description: 'The folder of the store, relative to the folder of the settings file.',
  }),
  logLevel: setting({
    key: 'log.level',
    type: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    description: 'The least weighty lines that the log shows.',
  }),
  secret: setting({
    key: 'ostiary.secret',
    type: text,
    secure: true,
    defaultText: 'made with the keystore',
    description:
      'Seals what the store keeps. The same on all nodes. Of several, separated by blanks, the first seals and all open.',
  }),
  bootstrapPassword: setting({
    key: 'bootstrap.password',
    type: text,
    secure: true,
    description: 'The password of `elastic` until it is changed by the API.',
  }),
}

export const HTTP = {
  host: setting({
    key: 'http.host',
    type: host,
    default: '127.0.0.1',
    description: 'The address of the security API. Beyond loopback, the token service needs TLS.',
  }),
  port: setting({
    key: 'http.port',
    type: integer(0, 65_535),
    default: '9200',
    description: 'The port of the security API; `0` takes a free one.',
  }),
  detailedErrors: setting({
    key: 'http.detailed_errors.enabled',
    type: boolean,
    default: 'true',
    description:
      'Whether errors have their causes, and stack traces for who asks with `error_trace`. Else type and reason only.',
  }),
}

export const HTTP_TLS = buildTlsRows('xpack.security.http.ssl.', 'the security API')

/** Shorter ones could be guessed by whoever gets hold of the store. */
const MIN_SECRET_LENGTH = 32

export function readNode(values: Values, directory: string): NodeSettings {
  return {
    name: values.get(NODE.name),
    clusterName: values.get(NODE.clusterName),
    roles: new Set(values.get(NODE.roles)),
    workers: readWorkers(values),
    data: resolve(directory, values.get(NODE.data)),
    logLevel: values.get(NODE.logLevel),
  }
}

export function readHttp(values: Values, directory: string): Settings['http'] {
  return {
    host: values.get(HTTP.host),
    port: values.get(HTTP.port),
    detailedErrors: values.get(HTTP.detailedErrors),
    tls: readTls(values, HTTP_TLS, directory),
  }
}

function readWorkers(values: Values): number {
  const workers = values.get(NODE.workers)
  if (workers !== 'auto') return workers
  return values.get(NODE.demo) ? 1 : availableParallelism()
}

/** The sealing secrets, the newest first. */
export function readSecrets(values: Values): string[] {
  const secrets = (values.get(NODE.secret) ?? '').split(/\s+/).filter((secret) => secret !== '')
  if (secrets.length === 0) values.refuse(NODE.secret, [], 'Setting [ostiary.secret] is required in the keystore')
  if (secrets.some((secret) => secret.length < MIN_SECRET_LENGTH))
    values.refuse(NODE.secret, [], `each secret of [ostiary.secret] must have at least ${MIN_SECRET_LENGTH} characters`)
  return secrets
}
