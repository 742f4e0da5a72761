/** Symbols of the pages, in the colour of their text. */
import { type Html, html } from '../pages/html.ts'

const line = (paths: Html) =>
  html`<svg
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${paths}
  </svg>`

const SYMBOLS: Readonly<Record<string, Html>> = {
  key: line(html`<circle cx="8" cy="15.5" r="4.25" /><path d="m11.2 12.3 8.3-8.3M16 7.5l3 3M13.5 10l1.75 1.75" />`),
  user: line(html`<circle cx="12" cy="8" r="3.75" /><path d="M4.75 20a7.25 7.25 0 0 1 14.5 0" />`),
  users: line(
    html`<circle cx="9" cy="8.5" r="3.25" /><path
        d="M2.75 19.5a6.25 6.25 0 0 1 12.5 0M15.5 5.6a3.25 3.25 0 0 1 0 5.8M17.75 14a6.25 6.25 0 0 1 3.5 5.5"
      />`,
  ),
  lock: line(html`<rect x="5" y="10.5" width="14" height="10" rx="2" /><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />`),
  globe: line(
    html`<circle cx="12" cy="12" r="8.75" /><path
        d="M3.5 12h17M12 3.25c2.3 2.4 3.5 5.3 3.5 8.75s-1.2 6.35-3.5 8.75c-2.3-2.4-3.5-5.3-3.5-8.75s1.2-6.35 3.5-8.75Z"
      />`,
  ),
}

export const goIcon = html`<svg
  class="go"
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="2"
  stroke-linecap="round"
  stroke-linejoin="round"
  aria-hidden="true"
  focusable="false"
>
  <path d="m9 5.5 6.5 6.5L9 18.5" />
</svg>`

/** @param icon a symbol's name, an http(s) URL or a data URI; an unknown name shows nothing */
export function renderIcon(icon: string | undefined): Html | undefined {
  if (icon === undefined) return undefined
  if (Object.hasOwn(SYMBOLS, icon)) return SYMBOLS[icon]
  if (iconOrigin(icon) === undefined && !icon.startsWith('data:image/')) return undefined
  return html`<img src="${icon}" alt="" referrerpolicy="no-referrer" />`
}

/** The origin that the Content-Security-Policy must allow for this icon. */
export function iconOrigin(icon: string | undefined): string | undefined {
  if (icon === undefined || !URL.canParse(icon)) return undefined
  const { protocol, origin } = new URL(icon)
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined
}
