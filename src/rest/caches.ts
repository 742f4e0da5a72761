/**
 * `_clear_cache`: there is nothing to clear, as every decision reads the store. The calls are answered as Elasticsearch
 * answers them, so that scripts which make them after a change go on working.
 */
import type { JsonObject } from '../kernel/json.ts'
import { splitNames } from './names.ts'
import type { NodeIdentity } from './root.ts'
import { defineRoute, type Route } from './route.ts'

const SECURITY = 'cluster:admin/xpack/security/'

/** @param realms the names of all realms that are active */
export function buildCacheRoutes({ node, realms }: { node: NodeIdentity; realms: readonly string[] }): Route[] {
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
    summary: "Answered as if a realm's cache had been cleared",
    methods: ['POST'],
    path: '/_security/realm/:realms/_clear_cache',
    parameters: ['usernames'],
    read: ({ path }) => splitNames(path['realms']) ?? [],
    action: () => `${SECURITY}realm/cache/clear`,
    async act(names) {
      const unknown = names.find((name) => !['*', '_all', ...realms].includes(name))
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
