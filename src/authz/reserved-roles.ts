/**
 * The roles that are always there and cannot be written. What they say about indices is part of what Elasticsearch shows;
 * here their cluster privileges count.
 */
import type { ApplicationPrivileges } from './application-privileges.ts'
import type { RoleDescriptor } from './role-descriptor.ts'

type ReservedRole = Partial<RoleDescriptor>

const READ = ['read', 'view_index_metadata']

const RESERVED: Readonly<Record<string, ReservedRole>> = {
  apm_system: {
    cluster: ['monitor', 'cluster:admin/xpack/monitoring/bulk'],
    indices: [indices(['.monitoring-beats-*'], ['create_index', 'create_doc'])],
  },
  beats_system: {
    cluster: ['monitor', 'cluster:admin/xpack/monitoring/bulk'],
    indices: [indices(['.monitoring-beats-*'], ['create_index', 'create'])],
  },
  data_frame_transforms_admin: {
    cluster: ['manage_data_frame_transforms'],
    indices: [indices(['.transform-notifications-*', '.data-frame-notifications-*'], READ)],
  },
  data_frame_transforms_user: {
    cluster: ['monitor_data_frame_transforms'],
    indices: [indices(['.transform-notifications-*', '.data-frame-notifications-*'], READ)],
  },
  editor: {
    indices: [
      indices(['/~(([.]|ilm-history-).*)/'], READ),
      indices(['observability-annotations'], ['read', 'view_index_metadata', 'write']),
    ],
    applications: [kibana('all')],
  },
  enrich_user: {
    cluster: ['manage_enrich', 'manage_ingest_pipelines', 'monitor'],
    indices: [indices(['.enrich-*'], ['manage', 'read', 'write'])],
  },
  ingest_admin: { cluster: ['manage_index_templates', 'manage_pipeline'] },
  kibana_admin: { applications: [kibana('all')] },
  kibana_system: {
    cluster: [
      'monitor',
      'manage_index_templates',
      'cluster:admin/xpack/monitoring/bulk',
      'manage_saml',
      'manage_token',
      'manage_oidc',
      'manage_enrich',
      'manage_pipeline',
      'manage_ilm',
      'manage_transform',
      'manage_own_api_key',
      'grant_api_key',
      'manage_user_profile',
      'delegate_pki',
      'cluster:admin/xpack/security/privilege/builtin/get',
    ],
    indices: [indices(['.kibana*', '.reporting-*'], ['all'], true)],
  },
  kibana_user: { applications: [kibana('all')] },
  logstash_system: { cluster: ['monitor', 'cluster:admin/xpack/monitoring/bulk'] },
  machine_learning_admin: {
    cluster: ['manage_ml'],
    indices: [indices(['.ml-anomalies*', '.ml-notifications*', '.ml-state*'], READ)],
  },
  machine_learning_user: {
    cluster: ['monitor_ml'],
    indices: [indices(['.ml-anomalies*', '.ml-notifications*'], READ)],
  },
  monitoring_user: {
    cluster: ['cluster:monitor/main', 'cluster:monitor/xpack/info', 'cluster:monitor/remote/info'],
    indices: [indices(['.monitoring-*', 'metricbeat-*'], ['read', 'read_cross_cluster'])],
  },
  remote_monitoring_agent: {
    cluster: ['manage_index_templates', 'manage_ingest_pipelines', 'monitor', 'cluster:admin/xpack/monitoring/bulk'],
    indices: [indices(['.monitoring-*', 'metricbeat-*'], ['all'])],
  },
  remote_monitoring_collector: {
    cluster: ['monitor'],
    indices: [indices(['*'], ['monitor'], true), indices(['.kibana*'], ['read'])],
  },
  reporting_user: {},
  rollup_admin: { cluster: ['manage_rollup'] },
  rollup_user: { cluster: ['monitor_rollup'] },
  snapshot_user: {
    cluster: ['create_snapshot', 'cluster:admin/repository/get'],
    indices: [indices(['*'], ['view_index_metadata'], true)],
  },
  superuser: {
    cluster: ['all'],
    indices: [
      indices(['*'], ['all']),
      indices(['*'], ['monitor', 'read', 'view_index_metadata', 'read_cross_cluster'], true),
    ],
    applications: [{ application: '*', privileges: ['*'], resources: ['*'] }],
    run_as: ['*'],
  },
  transform_admin: {
    cluster: ['manage_transform'],
    indices: [indices(['.transform-notifications-*', '.data-frame-notifications-*'], READ)],
  },
  transform_user: {
    cluster: ['monitor_transform'],
    indices: [indices(['.transform-notifications-*', '.data-frame-notifications-*'], READ)],
  },
  transport_client: { cluster: ['transport_client'] },
  viewer: {
    indices: [indices(['/~(([.]|ilm-history-).*)/'], READ), indices(['observability-annotations'], READ)],
    applications: [kibana('read')],
  },
  watcher_admin: {
    cluster: ['manage_watcher'],
    indices: [indices(['.watches', '.triggered_watches', '.watcher-history-*'], ['read'], true)],
  },
  watcher_user: {
    cluster: ['monitor_watcher'],
    indices: [indices(['.watches', '.watcher-history-*'], ['read'], true)],
  },
}

const DEPRECATED: Readonly<Record<string, string>> = {
  data_frame_transforms_admin: 'Please use the [transform_admin] role instead',
  data_frame_transforms_user: 'Please use the [transform_user] role instead',
  kibana_user: 'Please use the [kibana_admin] role instead',
}

const DESCRIPTORS: ReadonlyMap<string, RoleDescriptor> = new Map(
  Object.entries(RESERVED).map(([name, role]) => [name, { ...describe(name), ...role }]),
)

export function isReservedRole(name: string): boolean {
  return DESCRIPTORS.has(name)
}

export function findReservedRole(name: string): RoleDescriptor | undefined {
  return DESCRIPTORS.get(name)
}

/** In the order of their names. */
export function listReservedRoles(): { name: string; role: RoleDescriptor }[] {
  return [...DESCRIPTORS].map(([name, role]) => ({ name, role }))
}

function describe(name: string): RoleDescriptor {
  const reason = DEPRECATED[name]
  const deprecation = reason === undefined ? {} : { _deprecated: true, _deprecated_reason: reason }
  return {
    cluster: [],
    indices: [],
    applications: [],
    run_as: [],
    metadata: { _reserved: true, ...deprecation },
  }
}

function indices(names: string[], privileges: string[], restricted = false): RoleDescriptor['indices'][number] {
  return { names, privileges, allow_restricted_indices: restricted }
}

function kibana(privilege: 'all' | 'read'): ApplicationPrivileges {
  return { application: 'kibana-.kibana', privileges: [privilege], resources: ['*'] }
}
