import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { createContentSealer, type SessionContent } from '../../../src/portal/session-content.ts'
import { createSessionSecret } from '../../../src/portal/session-cookie.ts'

const KEY = 'one encryption key, long enough for all'
const sealer = createContentSealer(KEY)
const secret = createSessionSecret()
const id = sealer.buildId(secret)
const content: SessionContent = {
  handshakes: [{ state: 's', nonce: 'n', realm: 'r', provider: 'p', target: '/', startedAt: 1.5 }],
  finished: [],
  attempts: [],
}

test('the id of a record is the hash of the secret under a label of its own', () => {
  const hash = createHash('sha256').update('ostiary session id v1').update(Buffer.of(0))
  assert.equal(id, hash.update(Buffer.from(secret, 'base64url')).digest('base64url'))
})

test('a content opens with the cookie that sealed it, and looks different each time', () => {
  const sealed = sealer.seal(secret, id, content)
  assert.deepEqual(createContentSealer(KEY).open(secret, id, sealed), content)
  assert.notDeepEqual(sealer.seal(secret, id, content), sealed)
  assert.ok(!Buffer.from(sealed).toString('latin1').includes('state'))
})

test('a content is kept for the next request by who sealed or opened it, a large one is opened again', () => {
  const opener = createContentSealer(KEY)
  const open = (target: string, by: typeof sealer) => {
    const large = { ...content, attempts: [{ target, at: 1 }] }
    const sealed = sealer.seal(secret, id, large)
    return () => by.open(secret, id, sealed)
  }
  for (const by of [sealer, opener]) {
    const openSmall = open('/', by)
    assert.equal(openSmall(), openSmall())
    const openLarge = open('/'.repeat(10_000), by)
    assert.notEqual(openLarge(), openLarge())
  }
})

test('of a content that was kept and another that was written since, the one that is asked for is opened', () => {
  const other = { ...content, finished: [{ state: 's', target: '/x' }] }
  const [first, second] = [sealer.seal(secret, id, content), sealer.seal(secret, id, other)]
  for (const _ of [1, 2]) {
    assert.deepEqual(sealer.open(secret, id, first), content)
    assert.deepEqual(sealer.open(secret, id, second), other)
  }
})

test('neither another cookie nor another encryption key opens it, nor any change', () => {
  const sealed = createContentSealer(KEY).seal(secret, id, content)
  const another = createSessionSecret()
  // Before and after it was opened, and is remembered.
  for (const open of [false, true]) {
    if (open) assert.deepEqual(sealer.open(secret, id, sealed), content)
    assert.equal(sealer.open(another, sealer.buildId(another), sealed), undefined)
    assert.equal(createContentSealer('another encryption key, long enough too').open(secret, id, sealed), undefined)
    for (const at of [0, 12, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(sealer.open(secret, id, changed), undefined)
    }
    assert.equal(sealer.open(secret, id, new Uint8Array()), undefined)
  }
})

test('a user name is found again by its hash, under the same key only', () => {
  assert.equal(sealer.hashUsername('ann'), sealer.hashUsername('ann'))
  assert.notEqual(sealer.hashUsername('ann'), sealer.hashUsername('bob'))
  assert.notEqual(sealer.hashUsername('ann'), createContentSealer('x'.repeat(32)).hashUsername('ann'))
})
