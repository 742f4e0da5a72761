import assert from 'node:assert/strict'
import test from 'node:test'
import { createPasswordVerifier } from '../../../src/authc/password-verifier.ts'
import { hashPassword } from '../../../src/authc/password.ts'
import { measure, measureBest } from '../../support/measure.ts'

const PASSWORD = 'opensesame'
const HASH = await hashPassword(PASSWORD)

test('a right password is verified slowly once, then for a minute at once, then slowly again', async () => {
  const time = { now: 1000 }
  const verifier = createPasswordVerifier({ clock: () => time.now })
  const verify = () => verifier.verify(PASSWORD, HASH)
  assert.equal(await verifier.verify('warm up', undefined), false)
  const first = await measure(async () => assert.equal(await verify(), true))
  const second = await measureBest(async () => assert.equal(await verify(), true))
  assert.ok(second < first / 4, `${second} ms after ${first} ms`)
  time.now += 60
  const later = await measure(async () => assert.equal(await verify(), true))
  assert.ok(second < later / 4, `${second} ms before ${later} ms`)
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

test('nobody without a hash is ever right, and it takes as long as a wrong password', async () => {
  const verifier = createPasswordVerifier({ clock: () => 0 })
  assert.equal(await verifier.verify('warm up', undefined), false)
  const wrong = await measureBest(() => verifier.verify('wrong one', HASH))
  const unknown = await measureBest(async () => assert.equal(await verifier.verify(PASSWORD, undefined), false))
  assert.ok(unknown > wrong / 3 && unknown < wrong * 3, `${unknown} ms against ${wrong} ms`)
})

test('calls that arrive together with the same password cost one verification', async () => {
  const verifier = createPasswordVerifier({ clock: () => 0 })
  await verifier.verify('warm up', undefined)
  const one = await measureBest(() => verifier.verify('wrong one', HASH))
  const many = await measure(async () => {
    const answers = await Promise.all(Array.from({ length: 32 }, () => verifier.verify(PASSWORD, HASH)))
    assert.ok(answers.every((right) => right))
  })
  assert.ok(many < one * 6, `${many} ms for 32 against ${one} ms for one`)
})
