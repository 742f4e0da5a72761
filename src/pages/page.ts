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

/** The whole document. */
export function renderPage(page: Page): string {
  return html`<!doctype html>
<html lang="${page.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${page.stylesheet}">
${page.head}
${(page.scripts ?? []).map((script) => html`<script type="module" src="${script}"></script>`)}
</head>
<body class="${page.layout ?? 'card'}">
<main id="main">
${page.main}
</main>
</body>
</html>
`.markup
}
