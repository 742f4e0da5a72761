/** Role mappings in the store. A login asks each time whether any was changed, and reads them only then. */
import { mapRoles, type MappableUser, type RoleMapping } from '../authz/role-mapping.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject } from '../kernel/json.ts'
import { createMarkedMemory, keepJson } from '../kernel/marked-memory.ts'
import type { Store, StoredDocument } from '../store/store.ts'
import { listDocuments } from './document-pages.ts'

/** What is kept of all mappings together; of more, each login reads them again. The length is in characters of JSON. */
const KEPT = { most: 1000, longest: 1_048_576 }

export interface NamedRoleMapping {
  readonly name: string
  readonly mapping: RoleMapping
}

export interface RoleMappings {
  /** @param mapping as `readRoleMapping` read it */
  put(name: string, mapping: RoleMapping): Promise<{ created: boolean }>
  /** Those of these names that exist, each once. */
  get(names: readonly string[]): Promise<NamedRoleMapping[]>
  /** In the order of their names. */
  list(): Promise<NamedRoleMapping[]>
  /** @returns whether there was one */
  delete(name: string): Promise<boolean>
  /**
   * The names of the roles of a user whom a realm has authenticated, in no defined order.
   * @throws SecurityError `claims_unmappable` if a role template does not work for this user
   */
  mapRoles(user: MappableUser): Promise<string[]>
}

export function createRoleMappings({ store: { documents } }: { store: Pick<Store, 'documents'> }): RoleMappings {
  const list = async () => {
    const stored = await listDocuments(documents, 'role_mapping')
    return stored.map((document) => readStoredMapping(document))
  }
  const known = createMarkedMemory<readonly NamedRoleMapping[]>({
    most: 1,
    readMark: () => documents.readMark(),
    keep: (mappings) => mappings.length <= KEPT.most && keepJson(mappings, KEPT.longest),
  })

  return {
    async put(name, mapping) {
      const { created } = await documents.put('role_mapping', name, mapping)
      return { created }
    },
    async get(names) {
      const found = await Promise.all([...new Set(names)].map((name) => documents.get('role_mapping', name)))
      return found.filter((document) => document !== undefined).map((document) => readStoredMapping(document))
    },
    list,
    delete: (name) => documents.delete('role_mapping', name),
    async mapRoles(user) {
      return mapRoles((await known.find('all', list)) ?? [], user)
    },
  }
}

function readStoredMapping({ name, body }: StoredDocument): NamedRoleMapping {
  if (typeof body['enabled'] === 'boolean' && isJsonObject(body['rules']) && isJsonObject(body['metadata'])) {
    return { name, mapping: body as RoleMapping }
  }
  throw new SecurityError('record_damaged', `the record of the role mapping [${name}] is damaged`)
}
