/** HTML that is safe to send: text becomes markup only through `html`, which escapes every value. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Content = Html | string | number | false | null | undefined | readonly Content[]

/** Builds markup; values are escaped, arrays joined, `false`, `null` and `undefined` left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let markup = strings[0] ?? ''
  for (const [index, value] of values.entries()) markup += markupOf(value) + (strings[index + 1] ?? '')
  return new Html(markup)
}

function markupOf(value: Content): string {
  if (value instanceof Html) return value.markup
  if (value === false || value === null || value === undefined) return ''
  if (typeof value === 'object') return value.map((item) => markupOf(item)).join('')
  return escapeHtml(String(value))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
