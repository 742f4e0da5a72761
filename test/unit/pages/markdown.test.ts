import assert from 'node:assert/strict'
import test from 'node:test'
import { renderMarkdown } from '../../../src/pages/markdown.ts'
import { assertLittleWork } from '../../support/work.ts'

const cases: readonly [string, string, string][] = [
  ['paragraphs', 'one\n\n\ntwo', '<p>one</p><p>two</p>'],
  ['a list', '- one\n- *two*', '<ul><li>one</li><li><em>two</em></li></ul>'],
  ['strong and code', '**a** `<b>`', '<p><strong>a</strong> <code>&lt;b&gt;</code></p>'],
  [
    'a link',
    '[desk](https://desk.example/?a=1&b)',
    '<p><a href="https://desk.example/?a=1&amp;b" rel="noreferrer">desk</a></p>',
  ],
  ['a link with a dangerous scheme is text', '[x](javascript:alert)', '<p>[x](javascript:alert)</p>'],
  ['a relative link is text', '[x](//evil)', '<p>[x](//evil)</p>'],
  ['markup is text', '<img src=x onerror=y>', '<p>&lt;img src=x onerror=y&gt;</p>'],
  [
    'an image is no image',
    '![x](https://a.example/b.png)',
    '<p>!<a href="https://a.example/b.png" rel="noreferrer">x</a></p>',
  ],
]
for (const [name, text, markup] of cases)
  test(`Markdown: ${name}`, () => assert.equal(renderMarkdown(text).markup.replaceAll(/\s*\n\s*/g, ''), markup))

test('Markdown of any length is read in linear time', () => {
  const text = `${'['.repeat(50_000)}${'*'.repeat(50_000)}${'`'.repeat(50_001)}`
  assertLittleWork(2000, () => renderMarkdown(text))
})
