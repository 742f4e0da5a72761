/** Index privileges: the actions that each lets do (Elasticsearch, "Indices privileges"). There are no indices here: it is only told. */
import { type Budget, coversPattern } from './pattern-coverage.ts'

const VIEW_METADATA = [
  'indices:admin/aliases/get',
  'indices:admin/data_stream/get',
  'indices:admin/get',
  'indices:admin/ilm/explain',
  'indices:admin/mappings/fields/get*',
  'indices:admin/mappings/get',
  'indices:admin/resolve/index',
  'indices:admin/shards/search_shards',
  'indices:admin/types/exists',
  'indices:admin/validate/query*',
  'indices:monitor/settings/get',
]
const CREATE_INDEX = ['indices:admin/auto_create', 'indices:admin/create', 'indices:admin/data_stream/create']
const AUTO_MAPPING = 'indices:admin/mapping/auto_put'
const BULK = 'indices:data/write/bulk*'
const FOLLOW = ['indices:admin/xpack/ccr/*', 'indices:admin/close*', 'indices:admin/open*']

const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  all: ['indices:*', 'internal:transport/proxy/indices:*'],
  auto_configure: [AUTO_MAPPING, 'indices:admin/auto_create'],
  create: ['indices:data/write/index*', BULK, AUTO_MAPPING],
  create_doc: ['indices:data/write/index', 'indices:data/write/index:op_type/create', BULK],
  create_index: CREATE_INDEX,
  cross_cluster_replication: ['indices:data/read/xpack/ccr/shard_changes*', 'indices:internal/admin/ccr/restore/*'],
  cross_cluster_replication_internal: ['indices:internal/admin/ccr/restore/*', 'indices:data/read/xpack/ccr/*'],
  delete: ['indices:data/write/delete*', BULK],
  delete_index: ['indices:admin/data_stream/delete', 'indices:admin/delete'],
  index: ['indices:data/write/index*', 'indices:data/write/update*', BULK, AUTO_MAPPING],
  maintenance: [
    'indices:admin/flush*',
    'indices:admin/forcemerge*',
    'indices:admin/refresh*',
    'indices:admin/synced_flush',
  ],
  manage: ['indices:admin/*', 'indices:monitor/*'],
  manage_data_stream_lifecycle: ['indices:admin/data_stream/lifecycle/*', 'indices:monitor/data_stream/lifecycle/*'],
  manage_failure_store: ['indices:admin/failure_store/*'],
  manage_follow_index: FOLLOW,
  manage_ilm: ['indices:admin/ilm/*'],
  manage_leader_index: ['indices:admin/xpack/ccr/forget_follower*'],
  monitor: ['indices:monitor/*'],
  none: [],
  read: ['indices:data/read/*', 'indices:admin/resolve/index'],
  read_cross_cluster: ['indices:admin/shards/search_shards', 'internal:transport/proxy/indices:data/read/*'],
  read_failure_store: ['indices:data/read/failure_store/*'],
  view_index_metadata: VIEW_METADATA,
  write: ['indices:data/write/*', AUTO_MAPPING],
}

/** The names of all index privileges, sorted. */
export const INDEX_PRIVILEGES: readonly string[] = Object.keys(ACTIONS).sort()

/** Whether whoever has the first privileges may do everything that the second one lets do. */
export function impliesIndexPrivilege(held: readonly string[], wanted: string, budget?: Budget): boolean {
  const granted = held.flatMap((name) => listActions(name))
  return held.length > 0 && listActions(wanted).every((pattern) => coversPattern(granted, pattern, budget))
}

/** What is wrong with an index privilege of a role; `undefined` if nothing. */
export function findIndexPrivilegeFault(name: string): string | undefined {
  const known = name.toLowerCase()
  if (Object.hasOwn(ACTIONS, known) || /^(?:indices:|internal:transport\/proxy\/indices:)/.test(known)) return undefined
  return (
    `unknown index privilege [${name}]. a privilege must be either one of the predefined fixed indices privileges ` +
    `[${INDEX_PRIVILEGES.join(',')}] or a pattern over one of the available index actions`
  )
}

/** A privilege that is not known by name is itself a pattern over actions. */
function listActions(name: string): readonly string[] {
  const known = name.toLowerCase()
  return (Object.hasOwn(ACTIONS, known) ? ACTIONS[known] : undefined) ?? [known]
}
