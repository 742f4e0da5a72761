import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { createContentSealer, type SessionContent } from '../../../src/portal/session-content.ts'
import { createSessionSecret } from '../../../src/portal/session-cookie.ts'

const sealer = createContentSealer('one encryption key, long enough for all')
const secret = createSessionSecret()
const content: SessionContent = {
  handshakes: [{ state: 's', nonce: 'n', realm: 'r', provider: 'p', target: '/', startedAt: 1.5 }],
  finished: [],
  attempts: [],
}

test('the id of a record is the hash of the secret under a label of its own', () => {
  const hash = createHash('sha256').update('ostiary session id v1').update(Buffer.of(0))
  assert.equal(sealer.buildId(secret), hash.update(Buffer.from(secret, 'base64url')).digest('base64url'))
})

test('a content opens with the cookie that sealed it, and looks different each time', () => {
  const sealed = sealer.seal(secret, content)
  assert.deepEqual(sealer.open(secret, sealer.buildId(secret), sealed), content)
  assert.notDeepEqual(sealer.seal(secret, content), sealed)
  assert.ok(!Buffer.from(sealed).toString('latin1').includes('state'))
})

test('an opened content is kept for the next request, a large one is opened again', () => {
  const open = (target: string) => {
    const sealed = sealer.seal(secret, { ...content, attempts: [{ target, at: 1 }] })
    return () => sealer.open(secret, sealer.buildId(secret), sealed)
  }
  const openSmall = open('/')
  assert.equal(openSmall(), openSmall())
  const openLarge = open('/'.repeat(10_000))
  assert.notEqual(openLarge(), openLarge())
})

test('neither another cookie nor another encryption key opens it, nor any change', () => {
  const sealed = sealer.seal(secret, content)
  const another = createSessionSecret()
  // Before and after it was opened, and is remembered.
  for (const open of [false, true]) {
    if (open) assert.deepEqual(sealer.open(secret, sealer.buildId(secret), sealed), content)
    assert.equal(sealer.open(another, sealer.buildId(another), sealed), undefined)
    assert.equal(
      createContentSealer('another encryption key, long enough too').open(secret, sealer.buildId(secret), sealed),
      undefined,
    )
    for (const at of [0, 12, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(sealer.open(secret, sealer.buildId(secret), changed), undefined)
    }
    assert.equal(sealer.open(secret, sealer.buildId(secret), new Uint8Array()), undefined)
  }
})

test('a user name is found again by its hash, under the same key only', () => {
  assert.equal(sealer.hashUsername('ann'), sealer.hashUsername('ann'))
  assert.notEqual(sealer.hashUsername('ann'), sealer.hashUsername('bob'))
  assert.notEqual(sealer.hashUsername('ann'), createContentSealer('x'.repeat(32)).hashUsername('ann'))
})
