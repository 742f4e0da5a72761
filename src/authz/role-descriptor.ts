/**
 * A role as Elasticsearch's role API takes, keeps and shows it: everything that a role can say is kept, of which only the
 * cluster privileges are enforced here, as there are no indices.
 */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { readObject, readString } from './body-fields.ts'
import {
  findApplicationNameFault,
  findPrivilegeOrActionFault,
  type ApplicationPrivileges,
  readApplications,
  readEntries,
} from './application-privileges.ts'
import { findIndexPrivilegeFault } from './index-privileges.ts'
import { type IndicesPrivileges, readIndices, readNames, readRemoteIndices } from './indices-privileges.ts'
import { findNameFault, hasReservedKey } from './names.ts'
import { findClusterPrivilegeFault } from './privileges.ts'
import { isReservedRole } from './reserved-roles.ts'

/** Its fields have the names of the wire, in the order in which they are shown. */
export type RoleDescriptor = {
  cluster: string[]
  global?: JsonObject
  indices: IndicesPrivileges[]
  applications: ApplicationPrivileges[]
  run_as: string[]
  metadata: JsonObject
  remote_indices?: (IndicesPrivileges & { clusters: string[] })[]
  remote_cluster?: RemoteClusterPrivileges[]
  description?: string
}

export type RemoteClusterPrivileges = { privileges: string[]; clusters: string[] }

const MAX_DESCRIPTION = 1000

/**
 * Reads and checks the body of a role.
 * @throws SecurityError `body_unparsable` for its form, `validation_failed` for what it says
 */
export function readRoleDescriptor(name: string, body: unknown): RoleDescriptor {
  if (!isJsonObject(body)) {
    refuse(`failed to parse role [${name}]. expected an object but found [${nameJsonToken(body)}] instead`)
  }
  const role: RoleDescriptor = { cluster: [], indices: [], applications: [], run_as: [], metadata: {} }
  for (const [field, value] of Object.entries(body)) readField(name, role, field, value)
  checkNoFaults(listFaults(name, role))
  return role
}

function readField(name: string, role: RoleDescriptor, field: string, value: Json): void {
  switch (field) {
    case 'cluster':
      role.cluster = value === null ? [] : readNames(name, field, value)
      return
    case 'run_as':
      role.run_as = value === null ? [] : readNames(name, field, value)
      return
    case 'index':
    case 'indices':
      role.indices = readIndices(name, field, value)
      return
    case 'application':
    case 'applications':
      role.applications = readApplications(name, field, value)
      return
    case 'global':
      role.global = readObject(field, value)
      return
    case 'metadata':
      role.metadata = readObject(field, value)
      return
    case 'remote_indices':
      role.remote_indices = readRemoteIndices(name, field, value)
      return
    case 'remote_cluster':
      role.remote_cluster = readEntries(name, field, value, ['privileges', 'clusters']).map((entry) => ({
        privileges: readNames(name, 'privileges', entry['privileges'] ?? null),
        clusters: readNames(name, 'clusters', entry['clusters'] ?? null),
      }))
      return
    case 'description':
      role.description = readString(field, value)
      return
    case 'transient_metadata':
      // Taken and dropped: what it tells is computed whenever a role is shown.
      readObject(field, value)
      return
    case 'type':
      return
    default:
      refuse(`failed to parse role [${name}]. unexpected field [${field}]`)
  }
}

function refuse(message: string): never {
  throw new SecurityError('body_unparsable', message)
}

function listFaults(name: string, role: RoleDescriptor): string[] {
  const indices = [...role.indices, ...(role.remote_indices ?? [])]
  const remotes = [...(role.remote_indices ?? []), ...(role.remote_cluster ?? [])]
  const faults = [
    findNameFault('Role', name),
    isReservedRole(name) ? `Role [${name}] is reserved and may not be used.` : undefined,
    ...role.cluster.map((privilege) => findClusterPrivilegeFault(privilege)),
    ...indices.flatMap(({ privileges }) => privileges.map((privilege) => findIndexPrivilegeFault(privilege))),
    ...role.applications.flatMap((entry) => listApplicationFaults(entry)),
    remotes.some(({ clusters }) => clusters.includes(''))
      ? 'remote index cluster alias cannot be an empty string'
      : undefined,
    hasReservedKey(role.metadata) ? 'role descriptor metadata keys may not start with [_]' : undefined,
    (role.description?.length ?? 0) > MAX_DESCRIPTION
      ? `Role description must be less than ${MAX_DESCRIPTION} characters.`
      : undefined,
  ]
  return [...new Set(faults.filter((fault) => fault !== undefined))]
}

function listApplicationFaults({ application, privileges, resources }: ApplicationPrivileges): (string | undefined)[] {
  return [
    findApplicationNameFault(application, 'pattern'),
    ...privileges.map((privilege) => findPrivilegeOrActionFault(privilege)),
    privileges.length === 0 ? 'application privileges must not be empty' : undefined,
    resources.length === 0 ? 'application resources must not be empty' : undefined,
  ]
}
