/**
 * What a signed-in page carries for the script that watches over the session: a dialog that warns before the end, a note
 * where nothing can be extended, and what the script needs to know. Without script none of it is seen.
 */
import { type Html, html } from '../pages/html.ts'
import { watchScript } from './scripts.ts'
import type { Texts } from './texts.ts'
import type { User } from './visit.ts'

export interface SessionWatch {
  readonly basePath: string
  /** Name of the provider, for the way out. */
  readonly provider: string
  /** Name of the session that the page is shown to. */
  readonly session: string
}

/** @returns `undefined` for a visitor without a session */
export function watchOf({ provider, session }: User, basePath: string): SessionWatch | undefined {
  return session && { basePath, provider: provider.name, session: session.record.id }
}

/** @param watch `undefined` for a visitor without a session */
export function watchScripts(basePath: string, watch: SessionWatch | undefined): string[] {
  return watch === undefined ? [] : [basePath + watchScript.path]
}

export function renderSessionWatch({ basePath, provider, session }: SessionWatch, { timeout }: Texts): Html {
  return html`<p id="session-note" class="notice" role="status" hidden>${timeout.lifespan} <span data-left></span>.</p>
    <dialog
      id="session-watch"
      aria-labelledby="session-watch-heading"
      data-base="${basePath}"
      data-provider="${provider}"
      data-session="${session}"
      data-test-subj="sessionTimeout"
    >
      <h2 id="session-watch-heading">${timeout.heading}</h2>
      <p data-reason="idle">${timeout.idle} <span data-left></span>.</p>
      <form method="dialog"><button autofocus>${timeout.stay}</button></form>
    </dialog>`
}
