/**
 * `_clear_cache`: only realms that ask others remember anything, as every decision reads the store. The other calls are
 * answered as Elasticsearch answers them, so that scripts which make them after a change go on working.
 */
import type { JsonObject } from '../kernel/json.ts'
import { splitNames } from './names.ts'
import type { NodeIdentity } from './root.ts'
import { defineRoute, type Route } from './route.ts'

const SECURITY = 'cluster:admin/xpack/security/'

/**
 * @param realms the names of all realms that are active
 * @param clearRealm forgets what a realm remembers of these users, or of all
 */
export function buildCacheRoutes({
  node,
  realms,
  clearRealm,
}: {
  node: NodeIdentity
  realms: readonly string[]
  clearRealm: (realm: string, usernames?: readonly string[]) => void
}): Route[] {
  const clear = (path: string, action: string) =>
    defineRoute({
      summary: 'Answered as if a cache had been cleared',
      methods: ['POST'],
      path,
      read: () => undefined,
      action: () => action,
      act: async () => ({ body: describeNode() }),
    })

  const clearRealms = defineRoute({
    summary: 'Makes realms forget what they remember of users',
    methods: ['POST'],
    path: '/_security/realm/:realms/_clear_cache',
    parameters: ['usernames'],
    read: ({ path, query }) => ({
      names: splitNames(path['realms']) ?? [],
      usernames: splitNames(query.values.get('usernames')),
    }),
    action: () => `${SECURITY}realm/cache/clear`,
    async act({ names, usernames }) {
      const isAll = (name: string) => name === '*' || name === '_all'
      const unknown = names.find((name) => !isAll(name) && !realms.includes(name))
      for (const name of names.some(isAll) ? realms : names) clearRealm(name, usernames)
      return { body: unknown === undefined ? describeNode() : describeFailure(unknown) }
    },
  })

  return [
    clearRealms,
    clear('/_security/role/:roles/_clear_cache', `${SECURITY}roles/cache/clear`),
    clear('/_security/privilege/:applications/_clear_cache', `${SECURITY}privilege/cache/clear`),
  ]

  function describeNode(): JsonObject {
    return {
      _nodes: { total: 1, successful: 1, failed: 0 },
      cluster_name: node.clusterName,
      nodes: { [node.clusterUuid]: { name: node.name } },
    }
  }

  function describeFailure(realm: string): JsonObject {
    const failure = {
      type: 'failed_node_exception',
      reason: `Failed node [${node.clusterUuid}]`,
      node_id: node.clusterUuid,
      caused_by: { type: 'illegal_argument_exception', reason: `could not find active realm [${realm}]` },
    }
    return {
      _nodes: { total: 1, successful: 0, failed: 1, failures: [failure] },
      cluster_name: node.clusterName,
      nodes: {},
    }
  }
}
