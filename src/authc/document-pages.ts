import type { DocumentKind, Documents, StoredDocument } from '../store/store.ts'

const PAGE = 1000

/** All documents of a kind in the order of their names, however many there are. */
export async function listDocuments(documents: Documents, kind: DocumentKind): Promise<StoredDocument[]> {
  const all: StoredDocument[] = []
  for (;;) {
    const after = all.at(-1)?.name
    const page = await documents.list(kind, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    all.push(...page)
    if (page.length < PAGE) return all
  }
}
