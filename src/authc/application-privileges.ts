/** The privileges that applications define, in the store: records of kind `privilege`, named `application:privilege`. */
import type { ApplicationPrivilege, KnownPrivileges } from '../authz/application-privileges.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject } from '../kernel/json.ts'
import type { Store, StoredDocument } from '../store/store.ts'
import { listDocuments } from './document-pages.ts'

export interface ApplicationPrivilegeStore {
  /** @param privileges as `readDefinitions` read them. @returns for each, in their order, whether it is new */
  put(privileges: readonly ApplicationPrivilege[]): Promise<boolean[]>
  /** In the order of applications and names. @param application a name or a beginning with `*`; all if left out */
  list(application?: string): Promise<ApplicationPrivilege[]>
  /** @returns whether there was one */
  delete(application: string, name: string): Promise<boolean>
  /** What the privileges of all applications stand for. */
  readKnown(): Promise<KnownPrivileges>
}

export function createApplicationPrivileges({
  store: { documents },
}: {
  store: Pick<Store, 'documents'>
}): ApplicationPrivilegeStore {
  const list = async (application = '*') => {
    const all = (await listDocuments(documents, 'privilege')).map((document) => readPrivilege(document))
    const fits = application.endsWith('*')
      ? (name: string) => name.startsWith(application.slice(0, -1))
      : (name: string) => name === application
    return all.filter((privilege) => fits(privilege.application))
  }

  return {
    list,
    async put(privileges) {
      const written = await Promise.all(
        privileges.map((privilege) =>
          documents.put('privilege', nameRecord(privilege.application, privilege.name), privilege),
        ),
      )
      return written.map(({ created }) => created)
    },
    delete: (application, name) => documents.delete('privilege', nameRecord(application, name)),
    async readKnown() {
      const byApplication = Map.groupBy(await list(), ({ application }) => application)
      return new Map(
        [...byApplication].map(([application, privileges]) => [
          application,
          new Map(privileges.map(({ name, actions }) => [name, actions])),
        ]),
      )
    },
  }
}

function nameRecord(application: string, name: string): string {
  return `${application}:${name}`
}

function readPrivilege({ name: record, body }: StoredDocument): ApplicationPrivilege {
  const { application, name, actions, metadata } = body
  if (
    typeof application === 'string' &&
    typeof name === 'string' &&
    Array.isArray(actions) &&
    actions.every((action) => typeof action === 'string') &&
    isJsonObject(metadata)
  ) {
    return { application, name, actions, metadata }
  }
  throw new SecurityError('record_damaged', `the record of the privilege [${record}] is damaged`)
}
