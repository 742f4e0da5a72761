import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoginThrottle, type LoginThrottle } from '../../../src/provider/login-throttle.ts'

function fail(throttle: LoginThrottle, name: string, address: string, times: number): void {
  for (let attempt = 0; attempt < times; attempt++) assert.equal(throttle.begin(name, address).wait, 0)
}

test('the sixth attempt for a name within five minutes waits until the first is five minutes old', () => {
  let now = 1000
  const throttle = createLoginThrottle(() => now)
  fail(throttle, 'alice', '192.0.2.1', 5)
  now += 100
  assert.equal(throttle.begin('alice', '192.0.2.2').wait, 200)
  assert.equal(throttle.begin('bob', '192.0.2.1').wait, 0)
  now += 200
  assert.equal(throttle.begin('alice', '192.0.2.2').wait, 0)
})

test('the twenty-first attempt from an address waits, whatever the name', () => {
  const throttle = createLoginThrottle(() => 1000)
  for (let attempt = 0; attempt < 20; attempt++) fail(throttle, `name-${attempt}`, '192.0.2.1', 1)
  assert.equal(throttle.begin('another', '192.0.2.1').wait, 300)
  assert.equal(throttle.begin('another', '192.0.2.2').wait, 0)
})

test('an attempt that succeeded does not count, and one under way does', () => {
  const throttle = createLoginThrottle(() => 1000)
  for (let login = 0; login < 30; login++) {
    const attempt = throttle.begin('alice', '192.0.2.1')
    assert.ok('succeeded' in attempt)
    attempt.succeeded()
  }
  fail(throttle, 'alice', '192.0.2.1', 5)
  assert.equal(throttle.begin('alice', '192.0.2.1').wait, 300)
})
