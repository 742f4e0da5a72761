/** `GET /`, `HEAD /` and `GET /_cluster/health`: what clients ask to see whom they talk to, and whether it works. */
import { SecurityError } from '../kernel/errors.ts'
import { defineRoute, type Route } from './route.ts'

export interface NodeIdentity {
  readonly name: string
  readonly clusterName: string
  readonly clusterUuid: string
  /** The version of Elasticsearch's API that is spoken, such as `9.4.0`. */
  readonly version: string
}

/** @param checkStore resolves if a read of the store works at this moment */
export function buildRootRoutes({
  node,
  checkStore,
}: {
  node: NodeIdentity
  checkStore: () => Promise<void>
}): Route[] {
  const identity = {
    name: node.name,
    cluster_name: node.clusterName,
    cluster_uuid: node.clusterUuid,
    version: {
      number: node.version,
      build_flavor: 'default',
      build_type: 'ostiary',
      build_hash: 'unknown',
      build_date: '1970-01-01T00:00:00.000Z',
      build_snapshot: false,
      lucene_version: '0.0.0',
      minimum_wire_compatibility_version: '8.0.0',
      minimum_index_compatibility_version: '8.0.0',
    },
    tagline: 'You Know, for Search',
  }
  return [
    defineRoute({
      summary: 'Name, version and cluster of the node',
      methods: ['GET', 'HEAD'],
      path: '/',
      read: () => undefined,
      action: () => 'cluster:monitor/main',
      act: async () => ({ body: identity }),
    }),
    defineRoute({
      summary: 'Whether the store works',
      methods: ['GET'],
      path: '/_cluster/health',
      read: () => undefined,
      action: () => 'cluster:monitor/health',
      async act() {
        const status = await checkStore().then(() => 'green', tellRed)
        return { body: { cluster_name: node.clusterName, status, timed_out: false, number_of_nodes: 1 } }
      },
    }),
  ]
}

function tellRed(error: unknown): 'red' {
  if (error instanceof SecurityError && error.reason === 'store_unavailable') return 'red'
  throw error
}
