import type { Accounts } from './accounts.ts'
import type { BrowserSessions } from './browser-session.ts'
import type { Dialog } from './end-session-decision.ts'
import type { HintReader } from './hints.ts'
import type { ParkedForms } from './parked-forms.ts'
import type { ProviderAudit } from './provider-audit.ts'
import type { ProviderPagesIn } from './provider-pages.ts'
import type { SessionEnd } from './session-end.ts'
import type { Tickets } from './tickets.ts'

/** What the routes of the end-session endpoint are made from. */
export interface EndSessionParts {
  readonly path: string
  readonly authorizationUrl: string
  readonly strictErrors: boolean
  readonly headlessLogout: boolean
  readonly hints: HintReader
  readonly sessions: BrowserSessions
  readonly sessionEnd: SessionEnd
  readonly tickets: Tickets<Dialog>
  readonly parkedForms: ParkedForms
  readonly accounts: Accounts
  readonly pages: ProviderPagesIn
  readonly audit: ProviderAudit
  /** The name of a client and the URIs that it has registered by now. */
  readonly findClient: (
    clientId: string,
  ) => Promise<{ readonly name: string; readonly postLogoutRedirectUris: readonly string[] } | undefined>
}
