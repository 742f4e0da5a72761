/**
 * The audit log: who came in, who was kept out, who changed what. One JSON line an event, with Elasticsearch's field
 * names ("Audit events"). It never holds a request up: lines are gathered in memory and written every moment.
 * It refuses to keep secrets: whoever writes an event leaves them out.
 */
import { createHash } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import type { Json } from '../kernel/json.ts'
import type { AuditSettings } from '../settings/settings.ts'
import { createAuditFilter } from './audit-filter.ts'
import { createLineFile } from './line-file.ts'
import type { Log } from './log.ts'
import { printLine } from './output.ts'

/** Flat, dotted names (`user.name`) and their values; what is `undefined` is not written. */
export interface AuditEvent {
  /** `portal` and `provider` are the parts that Elasticsearch does not have. */
  readonly 'event.type': 'rest' | 'transport' | 'security_config_change' | 'portal' | 'provider'
  /** Such as `authentication_failed` or `user_login`. */
  readonly 'event.action': string
  readonly [field: string]: Json | readonly string[] | undefined
}

export interface Audit {
  /** Whether an event about a request shall have its body, without the secrets in it. */
  readonly emitsRequestBody: boolean
  /** Returns at once. What the settings leave out is not written. */
  write(event: AuditEvent): void
  /** Writes what is gathered. */
  close(): Promise<void>
}

/** Which node of which cluster writes. */
export interface AuditNode {
  readonly name: string
  readonly clusterName: string
  readonly clusterUuid: string
}

/** @param print takes the lines if the settings want them on standard output */
export function createAudit({
  settings,
  node,
  clock,
  log,
  print = printLine,
}: {
  settings: AuditSettings
  node: AuditNode
  clock: Clock
  log: Log
  print?: (text: string) => void
}): Audit {
  const isWanted = createAuditFilter(settings)
  const ofEveryLine = describeNode(settings, node)
  const file = settings.outputs.has('logfile')
    ? createLineFile({ path: join(settings.directory, `${node.clusterName}_audit.json`), log })
    : undefined

  return {
    emitsRequestBody: settings.emitRequestBody,
    write(event) {
      if (!isWanted(event)) return
      const timestamp = formatTimestamp(clock())
      const line = `${JSON.stringify({ type: 'audit', timestamp, ...ofEveryLine, ...event })}\n`
      file?.write(line)
      if (settings.outputs.has('stdout')) print(line)
    },
    async close() {
      await file?.close()
    },
  }
}

function describeNode({ emit }: AuditSettings, { name, clusterName, clusterUuid }: AuditNode): Record<string, string> {
  return {
    ...(emit.clusterName && { 'cluster.name': clusterName }),
    ...(emit.clusterUuid && { 'cluster.uuid': clusterUuid }),
    ...(emit.nodeName && { 'node.name': name }),
    ...(emit.nodeId && { 'node.id': buildNodeId(clusterUuid, name) }),
    ...(emit.hostName && { 'host.name': hostname() }),
    ...(emit.hostAddress && { 'host.ip': findAddress() }),
  }
}

/** The same at every start, and of each node another. */
function buildNodeId(clusterUuid: string, name: string): string {
  return createHash('sha256').update(`${clusterUuid}\0${name}`).digest('base64url').slice(0, 22)
}

function findAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.find(({ internal }) => !internal)?.address ?? '127.0.0.1'
}

/** `2026-01-02T03:04:05,678+0000` */
function formatTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.', ',').replace('Z', '+0000')
}
