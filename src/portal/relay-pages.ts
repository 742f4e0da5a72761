/**
 * Two documents that nobody sees: they carry the fragment of an address, which browsers keep to themselves, to the
 * server. They hold nothing else.
 */
import { html } from '../pages/html.ts'
import { withParameter } from './next.ts'
import { captureScript } from './scripts.ts'
import type { Texts } from './texts.ts'

/** @param next an address of the own origin that was judged before */
export function renderCapturePage(next: string, basePath: string, texts: Texts): string {
  const fragmentAt = next.indexOf('#')
  const hash = fragmentAt < 0 ? '' : next.slice(fragmentAt)
  const link = withParameter(fragmentAt < 0 ? next : next.slice(0, fragmentAt), 'auth_url_hash', hash)
  return html`<!doctype html>
    <html lang="${texts.language}">
      <head>
        <meta charset="utf-8" />
        <title>${texts.relay.title}</title>
        <link rel="icon" href="data:," />
        <noscript><meta http-equiv="refresh" content="0;url=${link}" /></noscript>
        <script type="module" src="${basePath}${captureScript.path}"></script>
      </head>
      <body>
        <a id="next" hidden href="${link}" data-hash="${hash}" data-lock="${basePath}/login">${texts.relay.continue}</a>
      </body>
    </html> `.markup
}

export function renderImplicitPage(basePath: string, texts: Texts): string {
  return html`<!doctype html>
    <html lang="${texts.language}">
      <head>
        <meta charset="utf-8" />
        <title>OpenID Connect Login</title>
        <link rel="icon" href="data:," />
        <script src="${basePath}/internal/security/oidc/implicit.js"></script>
      </head>
      <body>
        <noscript><p>${texts.relay.needsScript}</p></noscript>
      </body>
    </html> `.markup
}
