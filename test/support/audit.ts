/** An audit log that keeps its events for the test to read. */
import type { Audit, AuditEvent } from '../../src/observe/audit.ts'

interface GatheredAudit extends Audit {
  /** In the order in which they were written. */
  readonly events: AuditEvent[]
  /** Forgets what was written until now. */
  clear(): void
}

export function gatherAudit(emitsRequestBody = false): GatheredAudit {
  const events: AuditEvent[] = []
  return {
    emitsRequestBody,
    events,
    write: (event) => void events.push(event),
    clear: () => void events.splice(0),
    close: async () => {},
  }
}
