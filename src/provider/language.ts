/** Which language a page of the provider gets. */
import { findLanguage, type Language, rankTags } from '../pages/language.ts'

export { LANGUAGES, type Language } from '../pages/language.ts'

/**
 * What the relying party asked for, else what the browser prefers, else English.
 * OpenID Connect Core 1.0 §3.1.2.1: `ui_locales`, tags of BCP 47 in the order of preference; never an error.
 */
export function chooseLanguage(uiLocales: unknown, acceptLanguage: string | undefined): Language {
  const asked = typeof uiLocales === 'string' ? uiLocales.split(' ') : []
  return findLanguage(asked) ?? findLanguage(rankTags(acceptLanguage ?? '')) ?? 'en'
}
