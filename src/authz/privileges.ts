/**
 * Cluster privileges: which actions a privilege grants, and which privileges grant an action (Elasticsearch, "Security
 * privileges"). A privilege is known by name, or is itself a pattern over actions such as `cluster:admin/*`.
 */
import { checkWildcard, matchesWildcard } from './pattern.ts'
import { type Budget, everyName } from './pattern-coverage.ts'

const SECURITY = 'cluster:admin/xpack/security/'

interface ClusterPrivilege {
  readonly name: string
  /** Actions, and beginnings of actions that end with `*`. */
  readonly grants: readonly string[]
  readonly except?: readonly string[]
}

/** Ordered by how many others a privilege implies, then by name: the order in which messages list them. */
const GRANTING: readonly ClusterPrivilege[] = [
  { name: 'delegate_pki', grants: [`${SECURITY}delegate_pki`, `${SECURITY}token/invalidate`] },
  { name: 'manage_oidc', grants: [`${SECURITY}oidc/*`] },
  {
    name: 'manage_saml',
    grants: [`${SECURITY}saml/*`, `${SECURITY}token/invalidate`, `${SECURITY}token/refresh`],
  },
  { name: 'manage_token', grants: [`${SECURITY}token/*`] },
  {
    name: 'read_security',
    grants: listNames(`
      user/get user/query user/has_privileges role/get role/query role_mapping/get privilege/get privilege/builtin/get
      api_key/get api_key/query profile/get profile/suggest profile/has_privileges
    `).map((action) => `${SECURITY}${action}`),
  },
  { name: 'monitor', grants: ['cluster:monitor/*', 'indices:admin/template/get', 'indices:admin/index_template/get'] },
  { name: 'manage_security', grants: [`${SECURITY}*`], except: [`${SECURITY}delegate_pki`] },
  {
    name: 'manage',
    grants: ['cluster:*', 'indices:admin/template/*', 'indices:admin/index_template/*'],
    except: [`${SECURITY}*`],
  },
  { name: 'all', grants: ['cluster:*', 'indices:admin/template/*', 'indices:admin/index_template/*'] },
]

/**
 * Known to Elasticsearch, so that a role may name them. They are about what is not served here, so each grants one action
 * of its own, by which the greater privileges imply it.
 */
const INERT = listNames(`
  cancel_task create_snapshot cross_cluster_replication cross_cluster_search grant_api_key manage_api_key
  manage_autoscaling manage_behavioral_analytics manage_ccr manage_connector manage_data_frame_transforms
  manage_data_stream_global_retention manage_enrich manage_ilm manage_index_templates manage_inference
  manage_ingest_pipelines manage_logstash_pipelines manage_ml manage_own_api_key manage_pipeline manage_rollup
  manage_search_application manage_search_query_rules manage_search_synonyms manage_service_account manage_slm
  manage_transform manage_user_profile manage_watcher monitor_connector monitor_data_frame_transforms
  monitor_data_stream_global_retention monitor_enrich monitor_esql monitor_inference monitor_ml monitor_rollup
  monitor_snapshot monitor_stats monitor_text_structure monitor_transform monitor_watcher none
  post_behavioral_analytics_event read_ccr read_connector_secrets read_fleet_secrets read_ilm read_pipeline
  read_slm transport_client write_connector_secrets write_fleet_secrets
`)

const BY_NAME: ReadonlyMap<string, ClusterPrivilege> = new Map(
  [...INERT.map((name) => ({ name, grants: listInertActions(name) })), ...GRANTING].map((privilege) => [
    privilege.name,
    privilege,
  ]),
)

/** Whether one of these cluster privileges grants the action. Letter case of a privilege's name does not count. */
export function grantsAction(privileges: readonly string[], action: string): boolean {
  return privileges.some((name) => {
    const known = name.toLowerCase()
    const privilege = BY_NAME.get(known)
    if (privilege !== undefined) return implies(privilege, action)
    return isClusterActionPattern(known) && matchesWildcard(known, action)
  })
}

/** The names of all cluster privileges that grant the action, the least powerful first. */
export function listGranting(action: string): string[] {
  return GRANTING.filter((privilege) => implies(privilege, action)).map(({ name }) => name)
}

/** Whether whoever has the first privileges may do everything that the second one lets do. */
export function impliesClusterPrivilege(held: readonly string[], wanted: string, budget?: Budget): boolean {
  const { grants, except = [] } = readPrivilege(wanted)
  const parts = held.map((name) => readPrivilege(name))
  const sets = parts.flatMap((part) => [part.grants, part.except ?? []])
  const isHeld = ([excepted = false, ...matched]: readonly boolean[]) =>
    excepted || parts.some((_part, index) => matched[2 * index] === true && matched[2 * index + 1] !== true)
  return grants.every((pattern) => everyName(pattern, [except, ...sets], isHeld, budget))
}

/** One that is not known by name is itself a pattern over actions. */
function readPrivilege(name: string): ClusterPrivilege {
  const known = name.toLowerCase()
  return BY_NAME.get(known) ?? { name: known, grants: [known] }
}

/** The names of all cluster privileges, sorted. */
export function listClusterPrivileges(): string[] {
  return [...BY_NAME.keys()].sort()
}

function listInertActions(name: string): string[] {
  if (name === 'none') return []
  if (/api_key|service_account|user_profile/.test(name)) return [`${SECURITY}${name}`]
  return [name.startsWith('monitor_') ? `cluster:monitor/${name}` : `cluster:admin/${name}`]
}

function implies({ grants, except = [] }: ClusterPrivilege, action: string): boolean {
  const covers = (granted: string) =>
    granted.endsWith('*') ? action.startsWith(granted.slice(0, -1)) : action === granted
  return grants.some(covers) && !except.some(covers)
}

/**
 * What is wrong with a cluster privilege of a role; `undefined` if nothing.
 * @throws SecurityError `argument_illegal` for a pattern that is too long or complex
 */
export function findClusterPrivilegeFault(name: string): string | undefined {
  const known = name.toLowerCase()
  if (isClusterActionPattern(known)) checkWildcard(known)
  if (BY_NAME.has(known) || isClusterActionPattern(known)) return undefined
  return (
    `unknown cluster privilege [${name}]. a privilege must be either one of the predefined cluster privilege names ` +
    `[${[...BY_NAME.keys()].join(',')}] or a pattern over one of the available cluster actions`
  )
}

function isClusterActionPattern(name: string): boolean {
  return /^(?:cluster:|indices:admin\/template\/|indices:admin\/index_template\/)/.test(name)
}

function listNames(text: string): string[] {
  return text.trim().split(/\s+/)
}
