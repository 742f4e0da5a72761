/**
 * The frame of every page of the portal and of the provider: one design, made on the server, complete without script.
 * No inline style or script, so that a Content-Security-Policy of `'self'` holds. WCAG 2.2 AA.
 */
import { type Html, html } from './html.ts'

export interface Page {
  readonly lang: string
  readonly title: string
  readonly main: Html
  /** Own-origin URL of the style sheet. */
  readonly stylesheet: string
  /** Own-origin URLs of module scripts; each only adds comfort. */
  readonly scripts?: readonly string[]
  /** Further elements of the head. */
  readonly head?: Html
  /** `card` (default): one centred card. `wide`: a page of several sections. */
  readonly layout?: 'card' | 'wide'
}

/** A keyhole in a door. */
const BRAND = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
  <path
    fill="currentColor"
    fill-rule="evenodd"
    d="M12 1.5A8.5 8.5 0 0 0 3.5 10v11a1.5 1.5 0 0 0 1.5 1.5h14a1.5 1.5 0 0 0 1.5-1.5V10A8.5 8.5 0 0 0 12 1.5Zm0 6.75a2.75 2.75 0 0 1 1.4 5.12l.85 4.13h-4.5l.85-4.13A2.75 2.75 0 0 1 12 8.25Z"
  />
</svg>`

/** The whole document. */
export function renderPage(page: Page): string {
  return html`<!doctype html>
    <html lang="${page.lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${page.stylesheet}" />
        ${page.head} ${(page.scripts ?? []).map((script) => html`<script type="module" src="${script}"></script>`)}
      </head>
      <body class="${page.layout ?? 'card'}">
        <header class="brand">${BRAND}<span>Ostiary</span></header>
        <main id="main">${page.main}</main>
      </body>
    </html> `.markup
}
