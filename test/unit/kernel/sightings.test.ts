import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSightings, printOf } from '../../../src/kernel/sightings.ts'

test('what was met before is told from what was not', () => {
  const sightings = createSightings(4096)
  const names = Array.from({ length: 1000 }, (_, number) => `name ${number}`)
  assert.deepEqual(
    names.filter((name) => sightings.again(printOf(name))),
    [],
  )
  const again = names.filter((name) => sightings.again(printOf(name)))
  assert.ok(again.length > 900, String(again.length))
})

test('two that share a place are both known when they are met in turn', () => {
  const sightings = createSightings(2)
  const seen = [1, 2, 1, 2, 1, 2].map((print) => sightings.again(print))
  assert.deepEqual(seen, [false, false, true, true, true, true])
})

test('of a hundred thousand others that come, most are new, and what was long ago is new again', () => {
  const sightings = createSightings(1024)
  sightings.again(printOf('long ago'))
  let met = 0
  for (let number = 0; number < 100_000; number++) if (sightings.again(printOf(`passer-by ${number}`))) met++
  assert.ok(met < 10, String(met))
  assert.equal(sightings.again(printOf('long ago')), false)
})

test('a print of all bits is met again like any other', () => {
  const sightings = createSightings(8)
  assert.equal(sightings.again(-1), false)
  assert.equal(sightings.again(-1), true)
})
