/** The languages of the provider's pages, and which of them a request gets. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

const MAX_TAGS = 20

/**
 * What the relying party asked for, else what the browser prefers, else English.
 * OpenID Connect Core 1.0 §3.1.2.1: `ui_locales`, tags of BCP 47 in the order of preference; never an error.
 */
export function chooseLanguage(uiLocales: unknown, acceptLanguage: string | undefined): Language {
  const asked = typeof uiLocales === 'string' ? uiLocales.split(' ', MAX_TAGS) : []
  return find(asked) ?? find(rank(acceptLanguage ?? '')) ?? 'en'
}

function find(tags: readonly string[]): Language | undefined {
  // RFC 4647 §3.4: the first subtag is the language, what follows only narrows it.
  const languages = tags.map((tag) => tag.toLowerCase().split('-', 1)[0])
  return languages.map((name) => LANGUAGES.find((language) => language === name)).find((found) => found !== undefined)
}

/** RFC 9110 §12.5.4: `de;q=0.8, en`. */
function rank(acceptLanguage: string): string[] {
  const ranges = acceptLanguage.split(',', MAX_TAGS).map((range) => {
    const [tag = '', quality] = range.split(';').map((part) => part.trim())
    return { tag, weight: quality === undefined ? 1 : Number(quality.replace(/^q=/, '')) }
  })
  const wanted = ranges.filter(({ weight }) => weight > 0)
  return wanted.toSorted((a, b) => b.weight - a.weight).map(({ tag }) => tag)
}
