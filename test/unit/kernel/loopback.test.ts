import assert from 'node:assert/strict'
import test from 'node:test'
import { isLoopbackHost } from '../../../src/kernel/loopback.ts'

test('localhost, 127.0.0.0/8 and ::1 are this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.255.1.2', '::1', '[::1]']) assert.ok(isLoopbackHost(host), host)
})

test('what only looks like this machine is another one', () => {
  const others = [
    'localhost.example.com',
    'localhosts',
    '127.0.0.1.example.com',
    '127.0.0',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '',
  ]
  for (const host of others) assert.ok(!isLoopbackHost(host), host)
})
