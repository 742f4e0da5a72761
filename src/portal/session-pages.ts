/** The small pages around a session: after it, before it, and when it is another one than before. */
import { type Html, html } from '../pages/html.ts'
import { renderMarkdown } from '../pages/markdown.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import type { PortalProviderSettings } from '../settings/settings.ts'
import type { Message } from './messages.ts'
import { broadcastScript } from './scripts.ts'
import { type SessionWatch, renderSessionWatch, watchScripts } from './session-watch.ts'
import type { SignOutReceipt } from './sign-out-receipts.ts'
import type { Texts } from './texts.ts'

interface SmallView {
  readonly basePath: string
  /** Where the button leads: an address of the own origin that was judged before. */
  readonly next: string
  readonly texts: Texts
}

export interface LoggedOutView extends SmallView {
  /** Of the redirect that led here, but for the plain "you have logged out". */
  readonly message: Message | undefined
  /** Known if the provider sent the browser here as the answer to a sign-out. */
  readonly receipt: SignOutReceipt | undefined
  /** Ways to sign in that there are: what else can have ended, or live on. */
  readonly types: ReadonlySet<PortalProviderSettings['type']>
}

export function renderLoggedOutPage(view: LoggedOutView): string {
  const { basePath, next, texts, message } = view
  const { loggedOut } = texts
  const heading = message === undefined ? loggedOut.heading : loggedOut.otherHeading
  const role = message?.kind === 'error' ? 'alert' : 'status'
  return renderSmallPage(basePath, texts, {
    title: heading,
    // Tells the other tabs, which then look whether they are signed out too.
    scripts: [basePath + broadcastScript.path],
    main: html`<h1 data-announce="signed-out" data-channel="${basePath}/session_timeout">${heading}</h1>
      ${message === undefined ? html`<p class="lead">${loggedOut.closePage}</p>` : html`<p class="lead" role="${role}">${message.text}</p>`}
      <p class="actions"><a class="button" href="${next}" data-test-subj="logInButton">${texts.logIn}</a></p>
      ${renderReceipt(view)}`,
  })
}

/** What has ended, what may live on, and what is not known; nothing where there is the session alone. */
function renderReceipt({ receipt, types, texts: { loggedOut } }: LoggedOutView): Html | undefined {
  if (!types.has('oidc') && !types.has('token')) return undefined
  const proven = receipt !== undefined
  return html`<section class="receipt" aria-labelledby="receipt">
    <h2 id="receipt">${loggedOut.receipt}</h2>
    <dl ${proven && html` data-test-subj="signOutReceipt"`}>
      <dt>${loggedOut.session}</dt>
      <dd>${proven ? loggedOut.sessionEnded : loggedOut.sessionNone}</dd>
      <dt>${loggedOut.tokens}</dt>
      <dd>${proven ? loggedOut.tokensEnded : loggedOut.tokensOtherwise}</dd>
      ${
        types.has('oidc') &&
        html`<dt>${loggedOut.provider} ${receipt?.provider}</dt>
          <dd>${proven ? loggedOut.providerAnswered : loggedOut.providerUnknown}</dd>`
      }
    </dl>
  </section>`
}

export function renderUnauthenticatedPage({ basePath, next, texts }: SmallView): string {
  const { heading } = texts.errors.unauthenticated
  return renderSmallPage(basePath, texts, {
    title: heading,
    main: html`<h1>${heading}</h1>
      <p class="lead">${texts.unauthenticatedLead}</p>
      <p class="actions"><a class="button" href="${next}" data-test-subj="logInButton">${texts.logIn}</a></p>`,
  })
}

export function renderOverwrittenPage({
  basePath,
  next,
  texts,
  username,
  watch,
}: SmallView & { username: string; watch: SessionWatch | undefined }): string {
  const { heading, lead, continueAs } = texts.overwritten
  return renderSmallPage(basePath, texts, {
    title: heading,
    scripts: watchScripts(basePath, watch),
    main: html`<h1>${heading}</h1>
      <p class="lead">${lead}</p>
      <p class="actions"><a class="button" href="${next}">${continueAs(username)}</a></p>
      ${watch && renderSessionWatch(watch, texts)}`,
  })
}

/** @param view.agreement Markdown of an administrator */
export function renderAgreementPage({
  basePath,
  next,
  texts,
  agreement,
  watch,
}: SmallView & { agreement: string; watch: SessionWatch | undefined }): string {
  const { heading, acknowledge } = texts.agreement
  return renderSmallPage(basePath, texts, {
    title: heading,
    scripts: watchScripts(basePath, watch),
    main: html`<h1 id="agreement-heading">${heading}</h1>
      <div class="agreement" tabindex="0" role="region" aria-labelledby="agreement-heading">
        ${renderMarkdown(agreement)}
      </div>
      <form method="post" action="${basePath}/security/access_agreement">
        <input type="hidden" name="next" value="${next}" />
        <input type="hidden" name="session" value="${watch?.session}" />
        <button type="submit" data-test-subj="accessAgreementAcknowledge">${acknowledge}</button>
      </form>
      ${watch && renderSessionWatch(watch, texts)}`,
  })
}

type SmallPage = Pick<Parameters<typeof renderPage>[0], 'title' | 'main' | 'scripts'>

function renderSmallPage(basePath: string, { language }: Texts, page: SmallPage): string {
  return renderPage({ lang: language, stylesheet: basePath + stylesheet.path, ...page })
}
