import assert from 'node:assert/strict'
import test from 'node:test'
import { findNearest } from '../../../src/kernel/nearest.ts'

test('one letter too many, too few, another, or two swapped is near', () => {
  for (const text of ['startt', 'star', 'stort', 'satrt'])
    assert.equal(findNearest(text, ['version', 'start']), 'start', text)
})

test('the nearest wins', () => {
  assert.equal(findNearest('http.hort', ['http.port', 'http.host', 'https.port']), 'http.port')
})

test('what differs in more than a third is not near', () => {
  assert.equal(findNearest('stop', ['start']), undefined)
  assert.equal(findNearest('', ['start']), undefined)
})

test('what stands before the last common dot brings nothing nearer', () => {
  assert.equal(findNearest('a.very.long.beginning.cat', ['a.very.long.beginning.dog']), undefined)
  assert.equal(findNearest('a.vary.long.beginning.cat', ['a.very.long.beginning.cat']), 'a.very.long.beginning.cat')
})
