/** Everything that a user may do by its roles, summed up (Elasticsearch, "Get user privileges"). */
import type { Json, JsonObject } from '../kernel/json.ts'
import type { RoleDescriptor } from './role-descriptor.ts'
import type { IndicesPrivileges } from './indices-privileges.ts'

export function sumUpPrivileges(roles: readonly RoleDescriptor[]): JsonObject {
  const remoteIndices = roles.flatMap((role) => role.remote_indices ?? [])
  const remoteCluster = roles.flatMap((role) => role.remote_cluster ?? [])
  return {
    cluster: listSorted(roles.flatMap((role) => role.cluster)),
    global: roles.flatMap((role) => (role.global === undefined ? [] : [role.global])),
    indices: sumUpIndices(roles.flatMap((role) => role.indices)),
    applications: sumUpApplications(roles),
    run_as: listSorted(roles.flatMap((role) => role.run_as)),
    ...(remoteIndices.length === 0 ? {} : { remote_indices: sumUpRemoteIndices(remoteIndices) }),
    ...(remoteCluster.length === 0 ? {} : { remote_cluster: remoteCluster }),
  }
}

/** Entries with the same names, privileges and reach are one. Without a restriction in one of them, it has none. */
function sumUpIndices(entries: readonly IndicesPrivileges[]): JsonObject[] {
  const groups = Map.groupBy(entries, ({ names, privileges, allow_restricted_indices: restricted }) =>
    JSON.stringify([listSorted(names), listSorted(privileges), restricted]),
  )
  return [...groups.values()].map((group) => describeIndices(group))
}

function describeIndices(group: readonly IndicesPrivileges[]): JsonObject {
  const [first] = group
  const queries = collect(group, ({ query }) => query)
  const fields = collect(group, ({ field_security: security }) => security)
  return {
    names: listSorted(first?.names ?? []),
    privileges: listSorted(first?.privileges ?? []),
    ...(fields.length === 0 ? {} : { field_security: fields }),
    ...(queries.length === 0 ? {} : { query: queries }),
    allow_restricted_indices: first?.allow_restricted_indices === true,
  }
}

function sumUpRemoteIndices(entries: readonly (IndicesPrivileges & { clusters: string[] })[]): JsonObject[] {
  const groups = Map.groupBy(entries, ({ clusters }) => JSON.stringify(listSorted(clusters)))
  return [...groups].flatMap(([clusters, group]) =>
    sumUpIndices(group).map((entry) => Object.assign(entry, { clusters: JSON.parse(clusters) as string[] })),
  )
}

/** What each entry has of something, each once; nothing if an entry has none of it. */
function collect<Part extends Json>(
  group: readonly IndicesPrivileges[],
  read: (entry: IndicesPrivileges) => Part | undefined,
): Part[] {
  const parts = group.map((entry) => read(entry))
  const there = parts.filter((part) => part !== undefined)
  if (there.length < parts.length) return []
  return [...new Map(there.map((part) => [JSON.stringify(part), part])).values()]
}

/** Entries of an application with the same resources are one, then those with the same privileges. */
function sumUpApplications(roles: readonly RoleDescriptor[]): JsonObject[] {
  const entries = roles.flatMap((role) => role.applications)
  const byResources = [...group(entries, 'resources')].map((same) => ({
    application: same[0]?.application ?? '',
    privileges: listSorted(same.flatMap(({ privileges }) => privileges)),
    resources: listSorted(same[0]?.resources ?? []),
  }))
  return [...group(byResources, 'privileges')].map((same) => ({
    application: same[0]?.application ?? '',
    privileges: listSorted(same[0]?.privileges ?? []),
    resources: listSorted(same.flatMap(({ resources }) => resources)),
  }))
}

function group(entries: RoleDescriptor['applications'], by: 'resources' | 'privileges') {
  return Map.groupBy(entries, (entry) => JSON.stringify([entry.application, listSorted(entry[by])])).values()
}

function listSorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}
