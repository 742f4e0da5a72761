import { createMarkedMemory } from '../kernel/marked-memory.ts'
import type { Engine, Row, Steps } from './engine.ts'
import { DOCUMENTS } from './outdating.ts'
import type { Documents, StoredDocument } from './store.ts'

const GET = 'select name, body, version from document where kind = ?1 and name = ?2'
const LIST = 'select name, body, version from document where kind = ?1 order by name limit ?2'
const LIST_AFTER = 'select name, body, version from document where kind = ?1 and name > ?3 order by name limit ?2'
const PUT = `
  insert into document (kind, name, body, version) values (?1, ?2, ?3, 1)
  on conflict (kind, name) do update set body = excluded.body, version = document.version + 1
  returning version`
const CREATE = `
  insert into document (kind, name, body, version) values (?1, ?2, ?3, 1)
  on conflict (kind, name) do nothing
  returning version`
const REPLACE = `
  update document set body = ?5, version = version + 1 where kind = ?1 and name = ?2 and version = ?3 and body = ?4
  returning version`
const DELETE = 'delete from document where kind = ?1 and name = ?2 returning version'

const LIMIT = 1000
/** Users and roles that are in use again and again. */
const MOST_KNOWN = 2048

/** Users, roles, role mappings, privileges, signing keys: JSON objects by kind and name. */
export function createDocuments(engine: Engine): Documents {
  const known = createMarkedMemory<StoredDocument>({ most: MOST_KNOWN, readMark: () => engine.readMark?.(DOCUMENTS) })

  return {
    get: (kind, name) =>
      known.find(`${kind} ${name}`, async () => {
        const [row] = await engine.read(GET, kind, name)
        return row && readDocument(row)
      }),
    async list(kind, { after, limit = LIMIT } = {}) {
      const rows =
        after === undefined ? await engine.read(LIST, kind, limit) : await engine.read(LIST_AFTER, kind, limit, after)
      return rows.map(readDocument)
    },
    async put(kind, name, body) {
      const version = await engine.write(putDocument, kind, name, JSON.stringify(body))
      return { created: version === 1, version }
    },
    async create(kind, name, body) {
      const { created, row } = await engine.write(createDocument, kind, name, JSON.stringify(body))
      return { created, document: readDocument(row) }
    },
    replace: (kind, { name, version, body: before }, body) =>
      engine.write(replaceDocument, kind, name, version, JSON.stringify(before), JSON.stringify(body)),
    delete: (kind, name) => engine.write(deleteDocument, kind, name),
    readMark: () => engine.readMark?.(DOCUMENTS),
  }
}

export function* putDocument(...document: [kind: string, name: string, body: string]): Steps<number> {
  const [row] = yield [PUT, ...document]
  return row?.['version'] as number
}

export function* createDocument(kind: string, name: string, body: string): Steps<{ created: boolean; row: Row }> {
  for (;;) {
    const created = (yield [CREATE, kind, name, body]).length === 1
    const [row] = yield [GET, kind, name]
    // Where several engines write at once, what stood in the way may be deleted before it is read.
    if (row !== undefined) return { created, row }
  }
}

export function* replaceDocument(
  ...replacement: [kind: string, name: string, version: number, before: string, body: string]
): Steps<boolean> {
  return (yield [REPLACE, ...replacement]).length === 1
}

export function* deleteDocument(kind: string, name: string): Steps<boolean> {
  return (yield [DELETE, kind, name]).length === 1
}

function readDocument(row: Row): StoredDocument {
  const { name, body, version } = row as { name: string; body: string; version: number }
  return { name, body: JSON.parse(body), version }
}
