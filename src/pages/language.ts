/** The languages that pages are written in, and which of them a browser gets. Pure. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

const MAX_TAGS = 20

/** @returns what the header `Accept-Language` prefers, else English */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  return (acceptLanguage === undefined ? undefined : findLanguage(rankTags(acceptLanguage))) ?? 'en'
}

/** The first of these tags of BCP 47 that there are pages for. */
export function findLanguage(tags: readonly string[]): Language | undefined {
  // RFC 4647 §3.4: the first subtag is the language, what follows only narrows it.
  const languages = tags.slice(0, MAX_TAGS).map((tag) => tag.toLowerCase().split('-', 1)[0])
  return languages.map((name) => LANGUAGES.find((language) => language === name)).find((found) => found !== undefined)
}

/** RFC 9110 §12.5.4: `de;q=0.8, en`, the most wanted first. */
export function rankTags(acceptLanguage: string): string[] {
  const ranges = acceptLanguage.split(',', MAX_TAGS).map((range) => {
    const [tag = '', quality] = range.split(';').map((part) => part.trim())
    return { tag, weight: quality === undefined ? 1 : Number(quality.replace(/^q=/, '')) }
  })
  const wanted = ranges.filter(({ weight }) => weight > 0)
  return wanted.toSorted((a, b) => b.weight - a.weight).map(({ tag }) => tag)
}
