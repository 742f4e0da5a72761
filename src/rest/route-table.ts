/** Finds the routes of a path: those whose parts it has, fixed ones before variable ones. */
import { METHODS, type Method, type Route } from './route.ts'

export interface Place {
  /** In the order of the `Allow` header. */
  readonly methods: readonly Method[]
  readonly routes: ReadonlyMap<string, Route>
  /** The variable parts of the path, decoded. */
  readonly variables: Readonly<Record<string, string>>
}

/** What stands at one place between two slashes. */
interface Level {
  readonly fixed: Map<string, Level>
  variable?: Level
  /** Of the path that ends here. */
  end?: { readonly parts: readonly string[]; readonly methods: readonly Method[]; readonly routes: Map<string, Route> }
}

/** @returns what finds the place of a path; `undefined` if there is none, also for a path that cannot be decoded */
export function createRouteTable(routes: readonly Route[]): (path: string) => Place | undefined {
  const root: Level = { fixed: new Map() }
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
    const parts = path.split('/')
    const byMethod = new Map<string, Route>(group.flatMap((route) => route.methods.map((method) => [method, route])))
    const methods = METHODS.filter((method) => byMethod.has(method))
    grow(root, parts).end = { parts, methods, routes: byMethod }
  }

  return (path) => {
    const sent = decodeParts(path)
    const end = sent && find(root, sent, 0)
    if (sent === undefined || end === undefined) return undefined
    const { parts, methods, routes } = end
    const variables = parts.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), sent[at] ?? '']] : []))
    return { methods, routes, variables: Object.fromEntries(variables) as Record<string, string> }
  }
}

function grow(root: Level, parts: readonly string[]): Level {
  let level = root
  for (const part of parts) {
    let next = part.startsWith(':') ? level.variable : level.fixed.get(part)
    next ??= { fixed: new Map() }
    if (part.startsWith(':')) level.variable = next
    else level.fixed.set(part, next)
    level = next
  }
  return level
}

function find({ fixed, variable, end }: Level, parts: readonly string[], at: number): Level['end'] {
  const part = parts[at]
  if (part === undefined) return end
  const next = fixed.get(part)
  return (next && find(next, parts, at + 1)) ?? (variable && find(variable, parts, at + 1))
}

/** One slash at the end makes no difference. An escaped slash is part of a name. */
function decodeParts(path: string): string[] | undefined {
  const parts = (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path).split('/')
  if (!path.includes('%')) return parts
  try {
    return parts.map((part) => decodeURIComponent(part))
  } catch {
    return undefined
  }
}
