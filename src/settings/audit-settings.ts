import { resolve } from 'node:path'
import { RE2JS } from 're2js'
import { boolean, checked, list, someOf, text } from './setting-types.ts'
import { type Setting, setting, type SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'
import type { AuditIgnoreFilter, AuditSettings } from './settings.ts'
import type { Values } from './values.ts'

const PREFIX = 'xpack.security.audit.'
const MAX_PATTERN_LENGTH = 1024
const FILTER_PREFIX = `${PREFIX}logfile.events.ignore_filters.`

/** What may be asked for or left out: Elasticsearch's names, and the two parts that it does not have. */
const EVENTS = [
  '_all',
  'access_denied',
  'access_granted',
  'anonymous_access_denied',
  'authentication_failed',
  'authentication_success',
  'connection_denied',
  'connection_granted',
  'realm_authentication_failed',
  'run_as_denied',
  'run_as_granted',
  'security_config_change',
  'system_access_granted',
  'tampered_request',
  'portal',
  'provider',
]

const events: SettingType<readonly string[]> = {
  expects: `list of ${EVENTS.map((name) => `\`${name}\``).join(', ')}`,
  read(found, key) {
    const names = list.read(found, key)
    const unknown = names.find((name) => !EVENTS.includes(name))
    if (unknown === undefined) return names
    throw new ValueError(`invalid event name specified [${unknown}] in [${key}], expected [${EVENTS.join(', ')}]`)
  },
}

export const AUDIT = {
  enabled: setting({
    key: `${PREFIX}enabled`,
    type: boolean,
    default: 'false',
    description: 'Switches the audit log on.',
  }),
  outputs: setting({
    key: `${PREFIX}outputs`,
    type: someOf(['logfile', 'stdout']),
    default: ['logfile'],
    description: 'Where the audit log goes: `<cluster.name>_audit.json` in `path.logs`, standard output, or both.',
  }),
  logs: setting({
    key: 'path.logs',
    type: text,
    defaultText: '`logs` in `path.data`',
    description: 'The folder of the audit log, relative to the folder of the settings file.',
  }),
  include: setting({
    key: `${PREFIX}logfile.events.include`,
    type: events,
    default: [
      'access_denied',
      'access_granted',
      'anonymous_access_denied',
      'authentication_failed',
      'connection_denied',
      'tampered_request',
      'run_as_denied',
      'run_as_granted',
      'security_config_change',
      'portal',
      'provider',
    ],
    description:
      'The events that are written. `system_access_granted`: what calls of the process to itself were granted. ' +
      '`portal`, `provider`: all events of these parts.',
  }),
  exclude: setting({
    key: `${PREFIX}logfile.events.exclude`,
    type: events,
    default: [],
    description: 'Events that are left out although they are included.',
  }),
  emitRequestBody: setting({
    key: `${PREFIX}logfile.events.emit_request_body`,
    type: boolean,
    default: 'false',
    description:
      'Writes the bodies of authenticated requests, without the secrets in them, to `authentication_success`.',
  }),
  clusterName: emit('cluster_name', 'false', 'the name of the cluster'),
  clusterUuid: emit('cluster_uuid', 'true', 'the id of the cluster'),
  nodeName: emit('node_name', 'false', 'the name of the node'),
  nodeId: emit('node_id', 'true', 'the id of the node'),
  hostName: emit('node_host_name', 'false', 'the host name'),
  hostAddress: emit('node_host_address', 'false', 'the address of the host'),
}

function emit(name: string, byDefault: string, what: string) {
  return setting({
    key: `${PREFIX}logfile.emit_${name}`,
    type: boolean,
    default: byDefault,
    description: `Whether every line has ${what}.`,
  })
}

const patterns = checked(list, 'list of patterns', (found, key) => {
  const broken = found.find((pattern) => pattern.length > MAX_PATTERN_LENGTH || !compiles(pattern))
  if (broken !== undefined) throw new ValueError(`Invalid pattern [${broken}] for [${key}]`)
})

/** `<policy>` is a name of the user's own. */
export const AUDIT_IGNORE: Readonly<Record<keyof AuditIgnoreFilter, Setting<readonly string[] | undefined>>> = {
  users: ignore('users', 'user names'),
  realms: ignore('realms', 'names of realms'),
  roles: ignore('roles', 'names of roles; all roles of the user must be covered'),
  indices: ignore('indices', 'names of indices; no event here has one'),
  actions: ignore('actions', 'names of actions'),
}

function compiles(pattern: string): boolean {
  const expression = /^\/(.+)\/$/.exec(pattern)?.[1]
  try {
    return expression === undefined || RE2JS.compile(expression) !== null
  } catch {
    return false
  }
}

function ignore(part: string, what: string) {
  return setting({
    key: `${FILTER_PREFIX}<policy>.${part}`,
    type: patterns,
    description: `Part of a policy that leaves events out: ${what}, with \`*\` for any text, or \`/…/\`.`,
  })
}

export function readAudit(values: Values, { directory, data }: { directory: string; data: string }): AuditSettings {
  const logs = values.get(AUDIT.logs)
  return {
    enabled: values.get(AUDIT.enabled),
    outputs: new Set(values.get(AUDIT.outputs)),
    directory: logs === undefined ? resolve(data, 'logs') : resolve(directory, logs),
    include: new Set(values.get(AUDIT.include)),
    exclude: new Set(values.get(AUDIT.exclude)),
    emitRequestBody: values.get(AUDIT.emitRequestBody),
    emit: {
      clusterName: values.get(AUDIT.clusterName),
      clusterUuid: values.get(AUDIT.clusterUuid),
      nodeName: values.get(AUDIT.nodeName),
      nodeId: values.get(AUDIT.nodeId),
      hostName: values.get(AUDIT.hostName),
      hostAddress: values.get(AUDIT.hostAddress),
    },
    ignoreFilters: values.names(FILTER_PREFIX).map(([policy = '']) => readIgnoreFilter(values, policy)),
  }
}

function readIgnoreFilter(values: Values, policy: string): AuditIgnoreFilter {
  const parts = Object.entries(AUDIT_IGNORE).map(([part, row]) => [part, values.get(row, policy)])
  return Object.fromEntries(parts.filter(([, found]) => found !== undefined)) as AuditIgnoreFilter
}
