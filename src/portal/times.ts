/** Times and spans as pages show them. Without script in UTC; with it in the visitor's own zone. */
import { type Html, html } from '../pages/html.ts'
import type { Language } from '../pages/language.ts'

const FORMATS = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
  de: new Intl.DateTimeFormat('de', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
}

export function renderTime(seconds: number, language: Language): Html {
  const date = new Date(seconds * 1000)
  return html`<time datetime="${date.toISOString()}">${FORMATS[language].format(date)} UTC</time>`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** How far away something is: "in 3 days". */
export function formatSpan(seconds: number, language: Language): string {
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(language, { numeric: 'always' }).format(Math.round(seconds / length), unit)
}
