/** Roles: the reserved ones, and those in the store. Every decision asks whether any was changed, and reads them then. */
import { findReservedRole, isReservedRole, listReservedRoles } from '../authz/reserved-roles.ts'
import type { RoleDescriptor } from '../authz/role-descriptor.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json } from '../kernel/json.ts'
import { createMarkedMemory } from '../kernel/marked-memory.ts'
import type { Store, StoredDocument } from '../store/store.ts'
import { listDocuments } from './document-pages.ts'

export interface NamedRole {
  readonly name: string
  readonly role: RoleDescriptor
}

export interface Roles {
  /** @param role as `readRoleDescriptor` read it */
  put(name: string, role: RoleDescriptor): Promise<{ created: boolean }>
  /** Those of these names that exist, in the order and number asked for: each once. */
  resolve(names: readonly string[]): Promise<readonly NamedRole[]>
  /** All, the reserved ones last. */
  list(): Promise<NamedRole[]>
  /** @returns whether there was one. @throws SecurityError `argument_illegal` for a reserved role */
  delete(name: string): Promise<boolean>
}

/** Sets of roles that users have. */
const MOST_KNOWN = 1024

export function createRoles({ store: { documents } }: { store: Pick<Store, 'documents'> }): Roles {
  const known = createMarkedMemory<readonly NamedRole[]>({ most: MOST_KNOWN, readMark: () => documents.readMark() })

  return {
    async put(name, role) {
      const { created } = await documents.put('role', name, role)
      return { created }
    },
    async resolve(names) {
      return (await known.find(JSON.stringify(names), () => findAll(names))) ?? []
    },
    async list() {
      const stored = await listDocuments(documents, 'role')
      return [...stored.map((document) => readRole(document)), ...listReservedRoles()]
    },
    async delete(name) {
      if (isReservedRole(name)) {
        throw new SecurityError('argument_illegal', `role [${name}] is reserved and cannot be deleted`)
      }
      return documents.delete('role', name)
    },
  }

  async function findAll(names: readonly string[]): Promise<NamedRole[]> {
    const found = await Promise.all([...new Set(names)].map((name) => find(name)))
    return found.filter((role) => role !== undefined)
  }

  async function find(name: string): Promise<NamedRole | undefined> {
    const reserved = findReservedRole(name)
    if (reserved !== undefined) return { name, role: reserved }
    const document = await documents.get('role', name)
    return document && readRole(document)
  }
}

function readRole({ name, body }: StoredDocument): NamedRole {
  const { cluster, run_as: runAs, indices, applications } = body
  if (isTexts(cluster) && isTexts(runAs) && isObjects(indices) && isObjects(applications)) {
    return { name, role: body as RoleDescriptor }
  }
  throw new SecurityError('record_damaged', `the record of the role [${name}] is damaged`)
}

function isTexts(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isObjects(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every((item) => isJsonObject(item))
}
