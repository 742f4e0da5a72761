/** The parts of the portal that its routes use. */
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSettings } from '../settings/settings.ts'
import type { ApiCalls } from './api-calls.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import type { Handshakes } from './handshakes.ts'
import type { PortalAudit } from './portal-audit.ts'
import type { SessionRecords } from './session-records.ts'
import type { SignIns } from './sign-in.ts'
import type { SignOutReceipts } from './sign-out-receipts.ts'
import type { Visitors } from './visitors.ts'

export interface PortalParts {
  readonly settings: PortalSettings
  readonly api: ApiCalls
  readonly sessions: BrowserSessions
  readonly visitors: Visitors
  readonly handshakes: Handshakes
  readonly signIns: SignIns
  readonly records: SessionRecords
  readonly receipts: SignOutReceipts
  readonly audit: PortalAudit
  readonly clock: Clock
  readonly log: Log
}
