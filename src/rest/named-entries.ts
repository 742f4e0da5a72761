/** What users, roles and role mappings have in common: each has a name by which it is shown and deleted. */
import type { Json } from '../kernel/json.ts'
import { readName, readNames } from './names.ts'
import { checkRefresh } from './query.ts'
import { type Call, type ConfigChange, defineRoute, type Route } from './route.ts'

/** One kind of them. */
interface Kind {
  readonly summary: string
  /** Where all of them are; one is below it. */
  readonly path: string
  readonly action: string
}

/** All of a kind, or those of the names in the path: what is not there is left out, and nothing at all is a 404. */
export function buildShowRoutes({
  summary,
  path,
  action,
  readWanted = ({ path }) => readNames(path),
  find,
}: Kind & {
  /** The names that are asked for; `undefined`: all. */
  readonly readWanted?: (call: Call) => readonly string[] | undefined
  readonly find: (names: readonly string[] | undefined) => Promise<(readonly [name: string, entry: Json])[]>
}): Route[] {
  return [path, `${path}/:name`].map((path) =>
    defineRoute({
      summary,
      methods: ['GET'],
      path,
      read: readWanted,
      action: () => action,
      async act(names) {
        const found = await find(names)
        return { status: names !== undefined && found.length === 0 ? 404 : 200, body: Object.fromEntries(found) }
      },
    }),
  )
}

export function buildDeleteRoute({
  summary,
  path,
  action,
  change,
  remove,
}: Kind & {
  readonly change: (name: string) => ConfigChange
  /** @returns whether it was there */
  readonly remove: (name: string) => Promise<boolean>
}): Route {
  return defineRoute({
    summary,
    methods: ['DELETE'],
    path: `${path}/:name`,
    parameters: ['refresh'],
    read({ path, query }) {
      checkRefresh(query)
      return readName(path)
    },
    action: () => action,
    change,
    async act(name) {
      const found = await remove(name)
      return { status: found ? 200 : 404, body: { found } }
    },
  })
}
