import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLanguage } from '../../../src/provider/language.ts'

test('the relying party comes first, then the browser, then English', () => {
  for (const [uiLocales, acceptLanguage, language] of [
    ['de', undefined, 'de'],
    ['DE-AT en', 'en', 'de'],
    ['fr-CA fr de', 'en', 'de'],
    ['en-GB', 'de', 'en'],
    ['fr', 'de-DE,de;q=0.9,en;q=0.8', 'de'],
    [undefined, 'fr, en;q=0.4, de;q=0.7', 'de'],
    [undefined, 'de;q=0, en;q=0.1', 'en'],
    [undefined, '*', 'en'],
    ['', '', 'en'],
    ['"><script>', ';;q=,', 'en'],
    [['de'], undefined, 'en'],
  ] as const) {
    assert.equal(chooseLanguage(uiLocales, acceptLanguage), language, `${String(uiLocales)} / ${acceptLanguage}`)
  }
})
