import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { buildLogoutUrl } from '../../../src/provider/logout-target.ts'
import vectors from '../../vectors/logout-url.json' with { type: 'json' }

for (const { name, url, ...target } of vectors) {
  test(name, () => assert.equal(buildLogoutUrl(target), url))
}

test('any state comes back as it was sent', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }).filter((text) => text.isWellFormed()),
      (state) => {
        const url = new URL(buildLogoutUrl({ uri: 'https://a/bye?k=1', state }))
        assert.equal(url.searchParams.get('state'), state)
        assert.equal([...url.searchParams].length, 2)
      },
    ),
  )
})
