import assert from 'node:assert/strict'
import test from 'node:test'
import { html } from '../../../src/pages/html.ts'

test('values become text, in content and in attributes', () => {
  const hostile = `<script>"'&`
  assert.equal(
    html`<a title="${hostile}">${hostile}</a>`.markup,
    '<a title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp;</a>',
  )
})

test('markup stays markup, lists are joined, and what is absent leaves no trace', () => {
  assert.equal(html`${[html`<b>1</b>`, 2]}${false}${null}${undefined}`.markup, '<b>1</b>2')
})
