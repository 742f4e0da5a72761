/**
 * The error page: the end of the road. It never moves by itself; it says what happened in a sentence, under which code
 * and reference support finds the cause, and leads on only by what the person chooses.
 */
import { html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import { type PortalError, errorKind } from './portal-error.ts'

export function renderErrorPage(view: {
  error: PortalError
  referenceId: string
  basePath: string
  /** Where "Try again" leads. */
  tryAgain: string
  now: number
}): string {
  const { error, referenceId, basePath, tryAgain } = view
  const { heading, sentence } = errorKind(error.code)
  const time = new Date(view.now * 1000).toISOString()
  return renderPage({
    lang: 'en',
    title: heading,
    stylesheet: basePath + stylesheet.path,
    main: html`<h1>${heading}</h1>
      <p class="lead">${sentence}</p>
      <p class="actions">
        <a class="button" href="${tryAgain}" data-test-subj="logInButton">Try again</a>
        <a class="button secondary" href="${basePath}/logout">Sign out</a>
      </p>
      <footer class="fine">
        <dl class="facts">
          <dt>Code</dt>
          <dd><code data-test-subj="errorCode">${error.code}</code></dd>
          ${
            error.providerCode !== undefined &&
            html`<dt>Provider said</dt>
              <dd><code>${error.providerCode}</code></dd>`
          }
          <dt>Reference</dt>
          <dd><code data-test-subj="referenceId">${referenceId}</code></dd>
          <dt>Time</dt>
          <dd><time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time></dd>
        </dl>
      </footer>`,
  })
}
