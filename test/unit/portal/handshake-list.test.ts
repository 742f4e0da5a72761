import assert from 'node:assert/strict'
import test from 'node:test'
import {
  addHandshake,
  findHandshake,
  finishHandshake,
  isExpired,
  isLooping,
  removeHandshake,
  returnHandshake,
} from '../../../src/portal/handshake-list.ts'
import { EMPTY_CONTENT, type Handshake } from '../../../src/portal/session-content.ts'

const handshake = (state: string, more: Partial<Handshake> = {}): Handshake => ({
  state,
  nonce: `nonce of ${state}`,
  realm: 'oidc1',
  provider: 'oidc1',
  target: '/x',
  startedAt: 1000,
  ...more,
})

test('the fifty-first handshake pushes the oldest one out', () => {
  let content = EMPTY_CONTENT
  for (let one = 0; one < 51; one++) content = addHandshake(content, handshake(`s${one}`, { target: `/${one}` }))
  assert.equal(content.handshakes.length, 50)
  assert.equal(findHandshake(content, 's0'), undefined)
  assert.equal(findHandshake(content, 's50')?.nonce, 'nonce of s50')
})

test('a handshake is valid for less than an hour', () => {
  assert.equal(isExpired(handshake('s'), 4599), false)
  assert.equal(isExpired(handshake('s'), 4600), true)
})

test('finishing one handshake remembers its target and leaves the others', () => {
  const content = addHandshake(addHandshake(EMPTY_CONTENT, handshake('a')), handshake('b'))
  const finished = finishHandshake(content, handshake('a'))
  assert.deepEqual(finished.finished, [{ state: 'a', target: '/x' }])
  assert.equal(findHandshake(finished, 'a'), undefined)
  assert.ok(findHandshake(finished, 'b'))
})

test('a handshake that is put back takes its old place', () => {
  const first = handshake('a', { startedAt: 1 })
  const content = addHandshake(addHandshake(EMPTY_CONTENT, first), handshake('b', { startedAt: 2 }))
  const back = returnHandshake(removeHandshake(content, 'a'), first)
  assert.deepEqual(
    back.handshakes.map(({ state }) => state),
    ['a', 'b'],
  )
})

test('five starts for one target within a minute are a loop; other targets and older starts do not count', () => {
  let content = EMPTY_CONTENT
  for (let one = 0; one < 5; one++) {
    assert.equal(isLooping(content, '/x', 1000), false)
    content = addHandshake(content, handshake(`s${one}`))
  }
  assert.equal(isLooping(content, '/x', 1000), true)
  assert.equal(isLooping(content, '/y', 1000), false)
  assert.equal(isLooping(content, '/x', 1059), true)
  assert.equal(isLooping(content, '/x', 1060), false)
})

test('starts from before the clock was set back are no loop', () => {
  let content = EMPTY_CONTENT
  for (let one = 0; one < 5; one++) content = addHandshake(content, handshake(`s${one}`))
  assert.equal(isLooping(content, '/x', 998), true, 'the clocks of two nodes may differ a little')
  assert.equal(isLooping(content, '/x', 900), false)
})
