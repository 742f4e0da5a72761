import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecentMap } from '../../../src/kernel/recent-map.ts'

test('what was set is there, under its newest value', () => {
  const map = createRecentMap<string, number>(4)
  map.set('a', 1)
  map.set('a', 2)
  assert.equal(map.get('a'), 2)
  assert.equal(map.get('b'), undefined)
  map.clear()
  assert.equal(map.get('a'), undefined)
})

test('of a thousand keys, as many as are allowed remain, the newest among them', () => {
  const map = createRecentMap<number, number>(100)
  for (let key = 0; key < 1000; key += 1) map.set(key, key)
  assert.equal(map.get(999), 999)
  const kept = Array.from({ length: 1000 }, (_, key) => key).filter((key) => map.get(key) !== undefined)
  assert.ok(kept.length >= 50 && kept.length <= 100, String(kept.length))
  assert.ok(kept.every((key) => key >= 900))
})

test('what is asked for again and again stays, whatever else comes', () => {
  const map = createRecentMap<number, string>(10)
  map.set(-1, 'kept')
  for (let key = 0; key < 1000; key += 1) {
    map.set(key, 'passing')
    assert.equal(map.get(-1), 'kept')
  }
})

test('an older value never comes back after a newer one', () => {
  const map = createRecentMap<number, number>(4)
  map.set(0, 1)
  for (let key = 1; key < 4; key += 1) map.set(key, key)
  map.set(0, 2)
  for (let key = 4; key < 5; key += 1) map.set(key, key)
  assert.equal(map.get(0), 2)
})
