/** The small pages around a session: after it, before it, and when it is another one than before. */
import { html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import { type Message, findMessage } from './messages.ts'

interface SmallView {
  readonly basePath: string
  /** Where the button leads: an address of the own origin that was judged before. */
  readonly next: string
}

/** @param message of the redirect that led here */
export function renderLoggedOutPage({ basePath, next, message }: SmallView & { message: Message | undefined }): string {
  const ended = message === undefined || message === findMessage('LOGGED_OUT')
  const role = message?.kind === 'error' ? 'alert' : 'status'
  return renderSmallPage(basePath, {
    title: ended ? 'Successfully logged out' : 'You are logged out',
    main: html`<h1>${ended ? 'Successfully logged out' : 'You are logged out'}</h1>
      ${ended ? html`<p class="lead">You can close this page.</p>` : html`<p class="lead" role="${role}">${message.text}</p>`}
      <p class="actions"><a class="button" href="${next}" data-test-subj="logInButton">Log in</a></p>`,
  })
}

export function renderUnauthenticatedPage({ basePath, next }: SmallView): string {
  return renderSmallPage(basePath, {
    title: 'We hit an authentication error',
    main: html`<h1>We hit an authentication error</h1>
      <p class="lead">Try logging in again, and if the problem persists, contact your administrator.</p>
      <p class="actions"><a class="button" href="${next}" data-test-subj="logInButton">Log in</a></p>`,
  })
}

export function renderOverwrittenPage({ basePath, next, username }: SmallView & { username: string }): string {
  return renderSmallPage(basePath, {
    title: 'You previously logged in as a different user.',
    main: html`<h1>You previously logged in as a different user.</h1>
      <p class="lead">The former session in this browser has ended.</p>
      <p class="actions"><a class="button" href="${next}">Continue as ${username}</a></p>`,
  })
}

function renderSmallPage(basePath: string, page: Pick<Parameters<typeof renderPage>[0], 'title' | 'main'>): string {
  return renderPage({ lang: 'en', stylesheet: basePath + stylesheet.path, ...page })
}
