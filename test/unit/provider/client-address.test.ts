import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createHostList } from '../../../src/kernel/host-list.ts'
import { findClientAddress } from '../../../src/provider/client-address.ts'

const PROXIES = createHostList(['10.0.0.0/8', '::1'])

function find(remoteAddress: string, forwarded?: string): string {
  const request = { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }
  return findClientAddress(request as unknown as IncomingMessage, PROXIES)
}

test('A-41: the header is believed from trusted proxies only, and only as far as they wrote it', () => {
  assert.equal(find('203.0.113.9', '1.2.3.4'), '203.0.113.9')
  assert.equal(find('10.0.0.1'), '10.0.0.1')
  assert.equal(find('10.0.0.1', '198.51.100.7'), '198.51.100.7')
  assert.equal(find('::ffff:10.0.0.1', '198.51.100.7, 10.2.2.2'), '198.51.100.7')
  assert.equal(find('10.0.0.1', '6.6.6.6, 198.51.100.7'), '198.51.100.7')
  assert.equal(find('10.0.0.1', 'made up, 198.51.100.7, 10.9.9.9'), '198.51.100.7')
  assert.equal(find('10.0.0.1', ''), '10.0.0.1')
})
