/**
 * The error page: the end of the road. It never moves by itself; it says what happened in a sentence, under which code
 * and reference support finds the cause, and leads on only by what the person chooses.
 */
import { html } from '../pages/html.ts'
import { renderPage } from '../pages/page.ts'
import { stylesheet } from '../pages/style.ts'
import type { PortalError } from './portal-error.ts'
import type { Texts } from './texts.ts'

export function renderErrorPage(view: {
  error: PortalError
  referenceId: string
  basePath: string
  /** Where "Try again" leads. */
  tryAgain: string
  now: number
  texts: Texts
}): string {
  const { error, referenceId, basePath, tryAgain, texts } = view
  const { heading, sentence } = texts.errors[error.code]
  const time = new Date(view.now * 1000).toISOString()
  return renderPage({
    lang: texts.language,
    title: heading,
    stylesheet: basePath + stylesheet.path,
    main: html`<h1>${heading}</h1>
      <p class="lead">${sentence}</p>
      <p class="actions">
        <a class="button" href="${tryAgain}" data-test-subj="logInButton">${texts.tryAgain}</a>
        <a class="button secondary" href="${basePath}/logout">${texts.error.signOut}</a>
      </p>
      <footer class="fine">
        <dl class="facts">
          <dt>${texts.error.code}</dt>
          <dd><code data-test-subj="errorCode">${error.code}</code></dd>
          ${
            error.providerCode !== undefined &&
            html`<dt>${texts.error.providerSaid}</dt>
              <dd><code>${error.providerCode}</code></dd>`
          }
          <dt>${texts.error.reference}</dt>
          <dd><code data-test-subj="referenceId">${referenceId}</code></dd>
          <dt>${texts.error.time}</dt>
          <dd><time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time></dd>
        </dl>
      </footer>`,
  })
}
