import assert from 'node:assert/strict'
import test from 'node:test'
import { createPasswordVerifier } from '../../../src/authc/password-verifier.ts'
import { hashPassword, verifyPassword } from '../../../src/authc/password.ts'

const PASSWORD = 'opensesame'
const HASH = await hashPassword(PASSWORD)

/** A verifier, and the hashes that it had to pay for. */
function openVerifier() {
  const time = { now: 1000 }
  const paid: string[] = []
  const compare = (plain: string, hash: string) => {
    paid.push(hash)
    return verifyPassword(plain, hash)
  }
  return { time, paid, verifier: createPasswordVerifier({ clock: () => time.now, compare }) }
}

test('a right password is paid for once, then free for a minute, then paid for again', async () => {
  const { time, paid, verifier } = openVerifier()
  for (const payments of [1, 1, 1]) {
    assert.equal(await verifier.verify(PASSWORD, HASH), true)
    assert.equal(paid.length, payments)
  }
  time.now += 60
  assert.equal(await verifier.verify(PASSWORD, HASH), true)
  assert.equal(paid.length, 2)
})

test('a wrong password is wrong however often, also after the right one', async () => {
  const verifier = createPasswordVerifier({ clock: () => 0 })
  assert.equal(await verifier.verify(PASSWORD, HASH), true)
  assert.equal(await verifier.verify(`${PASSWORD}!`, HASH), false)
  assert.equal(await verifier.verify(`${PASSWORD}!`, HASH), false)
})

test('a password that was right for one hash is not right for another', async () => {
  const verifier = createPasswordVerifier({ clock: () => 0 })
  const other = await hashPassword('another one')
  assert.equal(await verifier.verify(PASSWORD, HASH), true)
  assert.equal(await verifier.verify(PASSWORD, other), false)
})

test('nobody without a hash is ever right, and it costs a comparison of the same kind as a wrong password', async () => {
  const { paid, verifier } = openVerifier()
  assert.equal(await verifier.verify(PASSWORD, undefined), false)
  assert.equal(await verifier.verify('wrong one', HASH), false)
  const costs = paid.map((hash) => hash.slice(0, '$2a$10$'.length))
  assert.deepEqual(costs, ['$2a$10$', '$2a$10$'])
})

test('calls that arrive together with the same password cost one verification', async () => {
  const { paid, verifier } = openVerifier()
  const answers = await Promise.all(Array.from({ length: 32 }, () => verifier.verify(PASSWORD, HASH)))
  assert.ok(answers.every((right) => right))
  assert.equal(paid.length, 1)
})
